import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { HUB_ERRORS, HubError, type HubErrorKind } from './errors.ts'
import { openHub, refusalOf } from '../testing/test-hub.ts'

const ROOM = new URL('../../', import.meta.url)
const page = readFileSync(new URL('../docs/errors.md', ROOM), 'utf8')
const [given = '', neverGiven = ''] = page.split('## Errors of the service that this hub never gives')

interface Row {
  readonly name: string
  readonly status: number
  readonly code: number
  readonly of: string | undefined
}
const rowsOf = (text: string): Row[] =>
  [...text.matchAll(/^\| `(\w+)` *\| (\d{3}) *\| (\d{6}) *\|(?: (\w+) *\|)?/gm)].map(
    ([, name = '', status, code, of]) => ({ name, status: Number(status), code: Number(code), of }),
  )

describe('docs/errors.md', () => {
  test('WIRE-ERR-03: lists each error of the catalogue once, with its status and code, and no other', () => {
    const listed = [...rowsOf(given), ...rowsOf(neverGiven)].map(({ name, status, code }) => [
      name,
      { status, code },
    ])
    expect(listed).toHaveLength(Object.keys(HUB_ERRORS).length)
    expect(Object.fromEntries(listed)).toEqual(HUB_ERRORS)
  })

  test('tells apart what the hub gives and what it never does', () => {
    const files = readdirSync(ROOM, { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\.ts$/.test(name) && !/\.test\.ts$|testing|core\/errors\/errors\.ts$/.test(name),
    )
    const sources = files.map((name) => readFileSync(new URL(name, ROOM), 'utf8')).join('\n')
    const raised = Object.keys(HUB_ERRORS).filter((kind) => sources.includes(`'${kind}'`))
    expect(raised.sort()).toEqual(
      rowsOf(given)
        .map(({ name }) => name)
        .sort(),
    )
  })

  test('codes are of their status, and nobody else’s', () => {
    const codes = Object.values(HUB_ERRORS)
    for (const { status, code } of codes) expect(Math.floor(code / 1000)).toBe(status)
    expect(new Set(codes.map(({ code }) => code)).size).toBe(codes.length)
  })
})

/** One act for each error that the page says is of the registry. */
const PROVOKED: Readonly<Partial<Record<HubErrorKind, () => unknown>>> = {
  DeviceNotFound: () => openHub().hub.registry.get({ deviceId: 'nobody' }),
  ModuleNotFound: () => {
    const { registry } = openHub().hub
    registry.create({ deviceId: 'd' })
    registry.get({ deviceId: 'd', moduleId: 'nobody' })
  },
  DeviceAlreadyExists: () => {
    const { registry } = openHub().hub
    for (let n = 0; n < 2; n++) registry.create({ deviceId: 'd' })
  },
  ModuleAlreadyExistsOnDevice: () => {
    const { registry } = openHub().hub
    registry.create({ deviceId: 'd' })
    for (let n = 0; n < 2; n++) registry.create({ deviceId: 'd', moduleId: 'm' })
  },
  PreconditionFailed: () => {
    const { registry } = openHub().hub
    registry.create({ deviceId: 'd' })
    registry.update({ deviceId: 'd' }, {}, '"stale"')
  },
  TooManyDevices: () => {
    const { registry } = openHub({ maxDevices: 1 }).hub
    for (const deviceId of ['d', 'e']) registry.create({ deviceId })
  },
  TooManyModulesOnDevice: () => {
    const { registry } = openHub({ modulesPerDevice: 0 }).hub
    registry.create({ deviceId: 'd' })
    registry.create({ deviceId: 'd', moduleId: 'm' })
  },
  InvalidDeviceScope: () =>
    openHub().hub.registry.create({ deviceId: 'd' }, { deviceScope: 'ms-azure-iot-edge://x-1' }),
  SystemModuleModifyUnauthorizedAccess: () => {
    const { registry } = openHub().hub
    registry.create({ deviceId: 'd' }, { iotEdge: true })
    registry.remove({ deviceId: 'd', moduleId: '$edgeHub' }, '*')
  },
  ArgumentInvalid: () => openHub().hub.registry.create({ deviceId: 'a/b' }),
}

describe('every documented error of the registry', () => {
  const documented = rowsOf(given).filter(({ of }) => of === 'registry' || of === 'everywhere')
  test('has an act that provokes it', () => {
    expect(documented.map(({ name }) => name).sort()).toEqual(Object.keys(PROVOKED).sort())
  })

  test.each(documented)('$name: $code', ({ name, status, code }) => {
    const provoke = PROVOKED[name as HubErrorKind] // the page's names are the catalogue's, see above
    expect(provoke).toBeDefined()
    const error = refusalOf(() => provoke?.())
    expect(error).toMatchObject({ kind: name, status, code })
    expect(error.explanation).toEqual({
      rule: expect.stringMatching(/^WIRE-[A-Z0-9]+-\d\d$/) as unknown,
      expected: expect.stringMatching(/./) as unknown,
      received: expect.stringMatching(/./) as unknown,
      source: expect.stringMatching(/^wire contract \d/) as unknown,
    })
  })
})

test('an error knows its status and code by its name', () => {
  const explanation = { rule: 'r', expected: 'e', received: 'x', source: 's' }
  const error = new HubError('DeviceNotOnline', 'text', explanation, { timeout: '00:00:00' })
  expect(error).toMatchObject({ name: 'HubError', message: 'text', status: 404, code: 404103, explanation })
})
