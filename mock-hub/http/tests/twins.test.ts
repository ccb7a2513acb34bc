import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf, openTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.stop())

const JOB = { type: 'scheduleUpdateTwin', queryCondition: '*' }

let last = 0
const newDevice = (): string => {
  const deviceId = `d${String(++last)}`
  server.hub.registry.create({ deviceId })
  return deviceId
}

describe('the twin document', () => {
  test('WIRE-TWIN-31 WIRE-TWIN-33: of a new device', async () => {
    const deviceId = newDevice()
    const { status, headers, json } = await server.call('GET', `/twins/${deviceId}`)
    const $lastUpdated = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/) as unknown
    expect(status).toBe(200)
    expect(headers).not.toHaveProperty('etag')
    expect(json).toEqual({
      deviceId,
      etag: 'AAAAAAAAAAE=',
      deviceEtag: server.hub.registry.get({ deviceId }).etag,
      status: 'enabled',
      statusUpdateTime: '0001-01-01T00:00:00Z',
      connectionState: 'Disconnected',
      lastActivityTime: '0001-01-01T00:00:00Z',
      cloudToDeviceMessageCount: 0,
      authenticationType: 'sas',
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      modelId: '',
      version: 2,
      properties: {
        desired: { $metadata: expect.objectContaining({ $lastUpdated }) as unknown, $version: 1 },
        reported: { $metadata: expect.objectContaining({ $lastUpdated }) as unknown, $version: 1 },
      },
      capabilities: { iotEdge: false },
    })
  })

  test('WIRE-TWIN-33: desired metadata says time and version of each node', async () => {
    const deviceId = newDevice()
    const body = { properties: { desired: { a: { b: 1 } } } }
    const { json } = await server.call('PATCH', `/twins/${deviceId}`, { body })
    const node = { $lastUpdated: '2026-01-01T00:00:00.0000000Z', $lastUpdatedVersion: 2 }
    expect(json).toMatchObject({
      properties: { desired: { $version: 2, $metadata: { ...node, a: { ...node, b: node } } } },
    })
  })

  test('of a module, and of an edge device', async () => {
    const deviceId = newDevice()
    server.hub.registry.create({ deviceId, moduleId: 'm' })
    const { json } = await server.call('GET', `/twins/${deviceId}/modules/m`)
    expect(json).toMatchObject({ deviceId, moduleId: 'm' })
    expect(json).not.toHaveProperty('capabilities')
    const edge = server.hub.registry.create({ deviceId: 'edge' }, { iotEdge: true })
    expect((await server.call('GET', '/twins/edge')).json).toMatchObject({
      capabilities: { iotEdge: true },
      deviceScope: edge.deviceScope,
    })
  })
})

describe('writing', () => {
  test('WIRE-TWIN-34 WIRE-TWIN-32: PATCH merges tags and desired and answers the whole twin', async () => {
    const path = `/twins/${newDevice()}`
    await server.call('PATCH', path, { body: { tags: { a: 1, b: 2 }, properties: { desired: { x: 1 } } } })
    const { status, json } = await server.call('PATCH', path, {
      body: { tags: { a: null }, properties: { desired: { y: 2 } } },
    })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      etag: 'AAAAAAAAAAM=',
      tags: { b: 2 },
      properties: { desired: { x: 1, y: 2, $version: 3 } },
    })
    expect(json).not.toHaveProperty('tags.a')
  })

  test('WIRE-TWIN-34: PUT replaces them', async () => {
    const path = `/twins/${newDevice()}`
    await server.call('PATCH', path, { body: { tags: { a: 1 }, properties: { desired: { x: 1 } } } })
    const { status, json } = await server.call('PUT', path, {
      body: { tags: { b: 2 }, properties: { desired: { y: 2 } } },
    })
    expect(status).toBe(200)
    expect(json).toMatchObject({ tags: { b: 2 }, properties: { desired: { y: 2 } } })
    expect(json).not.toHaveProperty('tags.a')
    expect(json).not.toHaveProperty('properties.desired.x')
  })

  test.each(['"*"', '*'])('WIRE-TWIN-35: If-Match %s', async (star) => {
    const headers = { 'if-match': star }
    const path = `/twins/${newDevice()}`
    for (const method of ['PATCH', 'PUT'])
      expect((await server.call(method, path, { body: { tags: { a: 1 } }, headers })).status).toBe(200)
  })

  test('WIRE-TWIN-35 WIRE-TWIN-36: an etag matches once, then it is a 412 PreconditionFailed', async () => {
    const path = `/twins/${newDevice()}`
    const headers = { 'if-match': '"AAAAAAAAAAE="' }
    expect((await server.call('PATCH', path, { body: { tags: { a: 1 } }, headers })).status).toBe(200)
    for (const method of ['PATCH', 'PUT']) {
      const stale = await server.call(method, path, { body: { tags: { a: 2 } }, headers })
      expect(stale).toMatchObject({ status: 412, headers: { 'iothub-errorcode': 'PreconditionFailed' } })
    }
  })

  test.each(['PATCH', 'PUT'])(
    'WIRE-TWIN-37: %s ignores reported properties and read-only fields',
    async (method) => {
      const path = `/twins/${newDevice()}`
      const body = {
        ...{
          deviceId: 'other',
          deviceEtag: 'x',
          version: 99,
          status: 'disabled',
          connectionState: 'Connected',
          statusUpdatedTime: '0001-01-01T00:00:00Z',
          connectionStateUpdatedTime: '0001-01-01T00:00:00Z',
        },
        ...{
          tags: { a: 1 },
          properties: { reported: { a: 1 }, desired: { x: 1, $version: 7, $metadata: {} } },
        },
      }
      const { status, json } = await server.call(method, path, { body })
      expect(status).toBe(200)
      expect(json).toMatchObject({ status: 'enabled', version: 3, tags: { a: 1 } })
      expect(json).toMatchObject({ properties: { desired: { x: 1, $version: 2 } } })
      expect(json).not.toHaveProperty('properties.reported.a')
    },
  )

  test('WIRE-TWIN-37: the names that the Java SDK gives to two times are read-only fields too', async () => {
    const path = `/twins/${newDevice()}`
    const time = '0001-01-01T00:00:00Z'
    const body = { statusUpdatedTime: time, connectionStateUpdatedTime: time, tags: { a: 1 } }
    const { status, json } = await server.call('PATCH', path, { body })
    expect(status).toBe(200)
    expect(json).toMatchObject({ tags: { a: 1 } })
  })

  test.each([
    [{ desired: { x: 1 } }, 'desired'],
    [{ properties: { tags: {} } }, 'properties.tags'],
    [{ constructor: 1 }, 'constructor'],
  ])('WIRE-TWIN-40: a field that a twin does not have: %j', async (body, field) => {
    const path = `/twins/${newDevice()}`
    for (const method of ['PATCH', 'PUT']) {
      const refused = await server.call(method, path, { body })
      expect(refused).toMatchObject({ status: 400, headers: { 'iothub-errorcode': 'GenericBadRequest' } })
      expect(server.hub.lastRefusals[0]?.explanation).toMatchObject({
        rule: 'WIRE-TWIN-40',
        received: `"${field}"`,
      })
    }
  })

  test('WIRE-TWIN-41: nobody writes the twins of $edgeAgent and $edgeHub', async () => {
    server.hub.registry.create({ deviceId: 'edge2' }, { iotEdge: true })
    for (const method of ['PATCH', 'PUT']) {
      const refused = await server.call(method, '/twins/edge2/modules/$edgeAgent', {
        body: { tags: { a: 1 } },
      })
      expect(refused).toMatchObject({
        status: 401,
        headers: { 'iothub-errorcode': 'SystemModuleModifyUnauthorizedAccess' },
      })
    }
    expect((await server.call('GET', '/twins/edge2/modules/$edgeAgent')).status).toBe(200)
  })

  test('WIRE-TWIN-25: a twin that is too large is a 403 DeviceModelMaxPropertiesExceeded with its size', async () => {
    const path = `/twins/${newDevice()}`
    const tags = Object.fromEntries(Array.from({ length: 3 }, (_, i) => [`k${String(i)}`, 'x'.repeat(4000)]))
    const refused = await server.call('PATCH', path, { body: { tags } })
    expect(refused).toMatchObject({
      status: 403,
      headers: { 'iothub-errorcode': 'DeviceModelMaxPropertiesExceeded' },
    })
    expect(errorOf(refused).message).toContain(
      "'Tags' size should be less than 8192 bytes. The size is 12006 bytes.",
    )
    expect((await server.call('GET', path)).json).toMatchObject({ version: 2 })
  })

  test('a twin can be sent back as it was read', async () => {
    const path = `/twins/${newDevice()}`
    await server.call('PATCH', path, { body: { properties: { desired: { x: 1 } } } })
    const body = (await server.call('GET', path)).json
    const answer = await server.call('PUT', path, { body })
    expect(answer).toMatchObject({ status: 200, json: { properties: { desired: { x: 1, $version: 3 } } } })
  })

  test.each([
    ['WIRE-TWIN-26', { tags: { 'a.b': 1 } }],
    ['WIRE-TWIN-26', { properties: { desired: { a: { $x: 1 } } } }],
    ['WIRE-TWIN-27', { tags: { a: 'x'.repeat(4097) } }],
    ['WIRE-TWIN-28', { tags: { a: 4_503_599_627_370_496 } }],
    ['WIRE-TWIN-29', { tags: JSON.parse('{"a":'.repeat(12) + '1' + '}'.repeat(12)) as object }],
    ['WIRE-TWIN-24', { tags: { a: [1, null] } }],
  ])('%s: a breach is a 400 ArgumentInvalid and changes nothing', async (rule, body) => {
    const path = `/twins/${newDevice()}`
    const refused = await server.call('PATCH', path, { body })
    expect(refused).toMatchObject({ status: 400, headers: { 'iothub-errorcode': 'ArgumentInvalid' } })
    expect(errorOf(refused).code).toBe(400004)
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe(rule)
    const { json } = await server.call('GET', path)
    expect(json).toMatchObject({ version: 2 })
    expect(json).not.toHaveProperty('tags')
  })

  test.each([
    ['2018-06-30', { tags: { a: { b: [1] } } }, 400],
    ['2018-06-30', { properties: { desired: { a: [] } } }, 400],
    ['2019-10-01', { properties: { desired: { a: [] } } }, 200],
  ])('WIRE-TWIN-42: at api-version %s %j is a %i', async (apiVersion, body, status) => {
    for (const method of ['PATCH', 'PUT']) {
      const answer = await server.call(method, `/twins/${newDevice()}`, { body, apiVersion })
      expect(answer.status).toBe(status)
      if (status === 400) expect(errorOf(answer).message).toContain('arrays are not supported')
    }
  })

  test.each([
    ['POST', '/devices', (id: string) => [{ id, importMode: 'create', tags: { a: [1] } }]],
    ['PUT', '/jobs/v2/j', () => ({ ...JOB, updateTwin: { tags: { a: [1] } } })],
    ['PUT', '/configurations/c', () => ({ content: { deviceContent: { 'properties.desired.a': [1] } } })],
    [
      'POST',
      '/devices/known/applyConfigurationContent',
      () => ({ modulesContent: { m: { 'properties.desired': { a: [1] } } } }),
    ],
  ] as const)('WIRE-TWIN-42: %s %s of an old api-version has no arrays', async (method, path, body) => {
    const answer = await server.call(method, path, {
      body: body(`new-${String(++last)}`),
      apiVersion: '2018-06-30',
    })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('arrays are not supported')
  })

  test.each([[[]], ['text'], [{ tags: 7 }], [{ properties: { desired: 'x' } }]])(
    '%j is no twin',
    async (body) => {
      const headers = { 'content-type': 'application/json' }
      const refused = await server.call('PATCH', `/twins/${newDevice()}`, {
        body: JSON.stringify(body),
        headers,
      })
      expect(refused.status).toBe(400)
      expect(errorOf(refused).message).toMatch(
        /Expected (body|tags|properties\.desired) to be of type object/,
      )
    },
  )

  test('WIRE-TWIN-44: unknown devices and modules are 404 DeviceNotFound', async () => {
    expect(errorOf(await server.call('GET', '/twins/nobody')).code).toBe(404001)
    expect(errorOf(await server.call('PATCH', '/twins/nobody', { body: { tags: {} } })).code).toBe(404001)
    for (const method of ['GET', 'PATCH'])
      expect(
        errorOf(await server.call(method, `/twins/${newDevice()}/modules/m`, { body: { tags: {} } })).code,
      ).toBe(404001)
  })
})

describe('WIRE-TWIN-43: a float with a whole value stays a float', () => {
  const patch = async (path: string, body: string): Promise<string> =>
    (await server.call('PATCH', path, { body })).text

  test('in tags and desired properties, at any depth, when other properties change', async () => {
    const path = `/twins/${newDevice()}`
    await patch(path, '{"tags":{"a":1.0},"properties":{"desired":{"b":{"c":[2.0,2]},"d":3.0}}}')
    const changed = await patch(path, '{"tags":{"x":1},"properties":{"desired":{"d":4,"b":{"e":1e3}}}}')
    expect(changed).toContain('"tags":{"a":1.0,"x":1}')
    expect(changed).toContain('"desired":{"b":{"c":[2.0,2],"e":1000.0},"d":4,')
  })

  test('in a replacement, a row of a query and the event of a change', async () => {
    const deviceId = newDevice()
    const desired = { before: '{"f":1.0,"g":1}', after: '{"f":1,"g":1.0}' }
    await patch(`/twins/${deviceId}`, `{"properties":{"desired":${desired.before}}}`)
    const body = `{"properties":{"desired":${desired.after}}}`
    expect((await server.call('PUT', `/twins/${deviceId}`, { body })).text).toContain(
      '"desired":{"f":1,"g":1.0,',
    )
    const query = `SELECT * FROM devices WHERE deviceId = '${deviceId}' AND properties.desired.g = 1`
    expect((await server.call('POST', '/devices/query', { body: { query } })).text).toContain('"g":1.0,')
  })

  test('a program sees numbers', async () => {
    const deviceId = newDevice()
    await patch(`/twins/${deviceId}`, '{"properties":{"desired":{"f":1.0}}}')
    expect(server.hub.twins.get({ deviceId }).desired.properties).toEqual({ f: 1 })
  })
})
