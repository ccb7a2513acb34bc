import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { HUB_ERRORS, type HubErrorKind } from './catalogue.ts'
import { contractLink } from './contract-link.ts'
import { HubError, toHubError } from './hub-error.ts'
import { openHub, refusalOf } from '../testing/test-hub.ts'

const HUB_FOLDER = new URL('../../', import.meta.url)
const page = readFileSync(new URL('../docs/errors.md', HUB_FOLDER), 'utf8')
const SOURCES = readdirSync(HUB_FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.ts$/.test(name) && !/\.test\.ts$|testing|core\/errors\/catalogue\.ts$/.test(name))
  .map((name) => readFileSync(new URL(name, HUB_FOLDER), 'utf8'))
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
    expect(Object.fromEntries(listed)).toEqual(
      Object.fromEntries(
        Object.entries(HUB_ERRORS).map(([name, { status, code }]) => [name, { status, code }]),
      ),
    )
  })

  test('lists separately the errors that the hub gives and those that it never gives', () => {
    const sources = SOURCES.join('\n')
    const raised = Object.keys(HUB_ERRORS).filter((kind) => sources.includes(`'${kind}'`))
    expect(raised.sort()).toEqual(
      rowsOf(given)
        .map(({ name }) => name)
        .sort(),
    )
  })

  test('each code belongs to its status and is unique', () => {
    const codes = Object.values(HUB_ERRORS)
    for (const { status, code } of codes) expect(Math.floor(code / 1000)).toBe(status)
    expect(new Set(codes.map(({ code }) => code)).size).toBe(codes.length)
  })
})

/** One act for each error that the page says is of the registry. */
const PROVOKED: Readonly<Partial<Record<HubErrorKind, () => unknown>>> = {
  DeviceNotFound: () => openHub().hub.registry.get({ deviceId: 'unknown' }),
  ModuleNotFound: () => {
    const { registry } = openHub().hub
    registry.create({ deviceId: 'd' })
    registry.get({ deviceId: 'd', moduleId: 'unknown' })
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
  test('is provoked by a test', () => {
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
      source: expect.stringMatching(/^docs\/contract\/[a-z-]+\.md#wire-[a-z0-9]+-\d\d$/) as unknown,
    })
  })
})

test('an error knows its status and code by its name', () => {
  const explanation = { rule: 'WIRE-METH-13', expected: 'e', received: 'x' }
  const error = new HubError({ kind: 'DeviceNotOnline', message: 'text', ...explanation })
  expect(error).toMatchObject({ name: 'HubError', message: 'text', status: 404, code: 404103, explanation })
})

test('an error without a text of its own has the text of its kind in the catalogue', () => {
  const broken = { rule: 'WIRE-METH-10', expected: 'a number', received: '"$&"' }
  expect(new HubError({ kind: 'DeviceNotOnline', ...broken }).message).toBe(
    'Timed out waiting for device to connect.',
  )
  expect(new HubError({ kind: 'ArgumentInvalid', ...broken }).message).toBe('Expected a number; given: "$&".')
})

test('an unexpected error becomes a ServerError that says what was thrown', () => {
  expect(toHubError(new TypeError('x is undefined'))).toMatchObject({
    kind: 'ServerError',
    explanation: { rule: 'internal', received: 'x is undefined' },
  })
})

describe('the source of an explanation', () => {
  test.each([
    ['WIRE-AUTH-08', 'docs/contract/authentication.md#wire-auth-08'],
    ['WIRE-CONN-03', 'docs/contract/tls.md#wire-conn-03'],
    ['WIRE-CONN-12', 'docs/contract/connecting.md#wire-conn-12'],
    ['MQTT-4.8.0-1', 'docs/contract/mqtt.md'],
    ['amqp:decode-error', 'docs/contract/amqp.md'],
    ['http.status', 'docs/faults.md'],
    ['internal', 'docs/errors.md'],
  ])('of %s is %s', (rule, source) => {
    const kind = 'ArgumentInvalid'
    expect(new HubError({ kind, rule, expected: '', received: '' }).explanation.source).toBe(source)
  })

  test('each rule that the sources name has an anchor of its own', () => {
    const rules = new Set(SOURCES.join('\n').match(/'WIRE-[A-Z0-9]+-\d+'/g))
    expect(rules.size).toBeGreaterThan(90)
    for (const quotedRule of rules) {
      const rule = quotedRule.slice(1, -1)
      expect(contractLink(rule)).toMatch(new RegExp(`^docs/contract/[a-z-]+\\.md#${rule.toLowerCase()}$`))
    }
  })
})
