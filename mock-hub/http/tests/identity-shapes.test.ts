import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf, openTestServer, type Answer, type TestServer } from '../testing/test-server.ts'

/** The cells of the tables "Shapes of one identity" and "Shapes of one twin" (docs/contract/registry.md, twins.md). */
let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.stop())

let last = 0
const newId = (): string => `d${String(++last)}`
const UNSET = '0001-01-01T00:00:00'
const OLD = '2020-03-13'
const NEW = '2021-04-12'
const NEWEST = '2024-03-31'
type Json = Record<string, unknown>

async function put(path: string, body: object, apiVersion: string, ifMatch?: string): Promise<Answer> {
  const headers = ifMatch === undefined ? {} : { 'if-match': ifMatch }
  const answer = await server.call('PUT', path, { body, apiVersion, headers })
  expect(answer.status).toBe(200)
  return answer
}
const get = (path: string, apiVersion: string): Promise<Answer> => server.call('GET', path, { apiVersion })

interface Shown {
  readonly answer: 'create' | 'GET' | 'update' | 'list'
  readonly kind: 'device' | 'module'
  readonly apiVersion: string
}

async function shownAs({ answer, kind, apiVersion }: Shown): Promise<Answer> {
  const device = `/devices/${newId()}`
  const path = kind === 'device' ? device : `${device}/modules/m`
  if (kind === 'module') await put(device, {}, apiVersion)
  const created = await put(path, {}, apiVersion, '""')
  switch (answer) {
    case 'create':
      return created
    case 'GET':
      return await get(path, apiVersion)
    case 'update':
      return await put(path, {}, apiVersion, '*')
    case 'list': {
      const listed = await get(kind === 'device' ? '/devices' : `${device}/modules`, apiVersion)
      const [shown] = (listed.json as Json[]).filter(
        ({ deviceId }) => device === `/devices/${String(deviceId)}`,
      )
      return { ...listed, json: shown }
    }
  }
}

const COMMON = [
  'authentication',
  'cloudToDeviceMessageCount',
  'connectionState',
  'connectionStateUpdatedTime',
  'deviceId',
  'etag',
  'generationId',
  'lastActivityTime',
]
const OF_DEVICE = [...COMMON, 'capabilities', 'status', 'statusReason', 'statusUpdatedTime'].sort()
const OF_MODULE = [...COMMON, 'managedBy', 'moduleId'].sort()
const WITH_SCOPES = [...OF_DEVICE, 'parentScopes'].sort()
const LISTED = OF_DEVICE.filter((name) => name !== 'capabilities')

describe('WIRE-REG-20: one identity, in each answer', () => {
  const answers = ['create', 'GET', 'update', 'list'] as const
  const cells = [OLD, NEW, NEWEST].flatMap((apiVersion) =>
    answers.flatMap((answer) =>
      (['device', 'module'] as const).map((kind) => ({ answer, kind, apiVersion })),
    ),
  )
  test.each(cells)('$kind, $answer, $apiVersion', async (cell) => {
    const { headers, json } = await shownAs(cell)
    const shown = json as Json
    const withScopes = cell.answer === 'create' && cell.apiVersion !== OLD
    const ofDevice = withScopes ? WITH_SCOPES : cell.answer === 'list' ? LISTED : OF_DEVICE
    expect(Object.keys(shown).sort()).toEqual(cell.kind === 'device' ? ofDevice : OF_MODULE)
    const unset = cell.answer === 'create' ? UNSET : `${UNSET}Z`
    expect(shown).toMatchObject({ connectionStateUpdatedTime: unset, lastActivityTime: unset })
    if (cell.kind === 'device') expect(shown).toMatchObject({ statusUpdatedTime: unset, statusReason: null })
    else expect(shown['managedBy']).toBeNull()
    if (withScopes && cell.kind === 'device') expect(shown['parentScopes']).toEqual([])
    const etag = cell.kind === 'device' && cell.answer !== 'list' ? `"${String(shown['etag'])}"` : undefined
    expect(headers['etag']).toBe(etag)
  })

  test('an update repeats the parentScopes that it was sent; a child has them in every later answer', async () => {
    const edge = (await put(`/devices/${newId()}`, { capabilities: { iotEdge: true } }, NEW)).json as Json
    const { deviceScope } = edge
    const child = `/devices/${newId()}`
    await put(child, { deviceScope }, NEW)
    for (const answer of [await get(child, NEW), await put(child, { deviceScope }, NEW, '*')])
      expect(answer.json).toMatchObject({ deviceScope, parentScopes: [deviceScope] })
    expect((await get(child, OLD)).json).not.toHaveProperty('parentScopes')
    const alone = `/devices/${newId()}`
    await put(alone, {}, NEW)
    expect((await put(alone, { parentScopes: [] }, NEW, '*')).json).toMatchObject({ parentScopes: [] })
  })

  test('a time that is set drops the zeros at the end of its fraction', async () => {
    const path = `/devices/${newId()}`
    await put(path, {}, NEW)
    server.clock.advance(131)
    const first = (await put(path, { status: 'disabled' }, NEW, '*')).json as Json
    expect(first['statusUpdatedTime']).toMatch(/:\d\d\.\d{0,6}[1-9]Z$/)
    server.clock.advance(1_000 - (server.clock.now() % 1_000))
    const second = (await put(path, { status: 'enabled' }, NEW, '*')).json as Json
    expect(second['statusUpdatedTime']).toMatch(/T\d\d:\d\d:\d\dZ$/)
  })

  test('WIRE-REG-25: attributes are kept, and shown from 2024-03-31 on', async () => {
    const path = `/devices/${newId()}`
    const attributes = { site: 'north', floors: [1, 2], outdoor: true, level: -3 }
    expect((await put(path, { attributes }, NEWEST)).json).toMatchObject({ attributes })
    expect((await get(path, NEWEST)).json).toMatchObject({ attributes })
    expect((await get(path.replace('devices', 'twins'), NEWEST)).json).toMatchObject({ attributes })
    expect((await get(path, NEW)).json).not.toHaveProperty('attributes')
    // An older api-version does not know them, and leaves them as they are.
    await put(path, { attributes: { site: 'south' } }, NEW, '*')
    expect((await get(path, NEWEST)).json).toMatchObject({ attributes })
  })

  test.each([
    ['an object', { site: { floor: 3 } }],
    ['null', { site: null }],
    ['a fraction', { level: 1.5 }],
    ['a name with a full stop', { 'a.b': 1 }],
    ['a name with a blank', { 'a b': 1 }],
    ['no name', { '': 1 }],
    ['a long name', { ['x'.repeat(1_025)]: 1 }],
  ])('WIRE-REG-25: %s is no attribute', async (_, attributes) => {
    for (const path of [`/devices/${newId()}`, `/devices/${newId()}/modules/m`]) {
      if (path.includes('modules')) await put(path.replace('/modules/m', ''), {}, NEWEST)
      const refused = await server.call('PUT', path, { body: { attributes }, apiVersion: NEWEST })
      expect(errorOf(refused).name).toBe('ArgumentInvalid')
    }
  })
})

const OF_TWIN = [
  'authenticationType',
  'cloudToDeviceMessageCount',
  'connectionState',
  'deviceEtag',
  'deviceId',
  'etag',
  'lastActivityTime',
  'properties',
  'status',
  'statusUpdateTime',
  'version',
  'x509Thumbprint',
]

describe('WIRE-TWIN-42: one twin, in each answer', () => {
  const cells = [OLD, NEW].flatMap((apiVersion) =>
    (['GET', 'PATCH', 'PUT', 'query'] as const).flatMap((answer) =>
      (['device', 'module'] as const).map((kind) => ({ answer, kind, apiVersion })),
    ),
  )
  test.each(cells)('$kind, $answer, $apiVersion', async ({ answer, kind, apiVersion }) => {
    const deviceId = newId()
    await put(`/devices/${deviceId}`, {}, apiVersion)
    if (kind === 'module') await put(`/devices/${deviceId}/modules/m`, {}, apiVersion)
    const path = `/twins/${deviceId}${kind === 'module' ? '/modules/m' : ''}`
    const from = kind === 'module' ? 'devices.modules' : 'devices'
    const query = `SELECT * FROM ${from} WHERE deviceId = '${deviceId}'`
    const answered =
      answer === 'query'
        ? await server.call('POST', '/devices/query', { body: { query }, apiVersion })
        : await server.call(answer, path, { apiVersion, ...(answer === 'GET' ? {} : { body: {} }) })
    expect(answered.headers).not.toHaveProperty('etag')
    const shown = (answer === 'query' ? (answered.json as Json[])[0] : answered.json) as Json
    const fields = [
      ...OF_TWIN,
      ...(apiVersion === OLD ? [] : ['modelId']),
      ...(kind === 'module' ? ['moduleId'] : []),
      ...(kind === 'device' || answer === 'query' ? ['capabilities'] : []),
    ]
    expect(Object.keys(shown).sort()).toEqual(fields.sort())
    expect(shown).toMatchObject({ statusUpdateTime: `${UNSET}Z`, lastActivityTime: `${UNSET}Z` })
    const sections = shown['properties'] as Record<string, { $metadata: Json }>
    const time = kind === 'module' ? `${UNSET}Z` : (expect.stringMatching(/^20/) as unknown)
    expect(sections['reported']?.$metadata['$lastUpdated']).toEqual(time)
  })
})
