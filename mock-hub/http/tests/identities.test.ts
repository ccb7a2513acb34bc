import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf, openTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.stop())

const key = (length: number): string => Buffer.alloc(length, 7).toString('base64')
interface DeviceJson {
  deviceId: string
  generationId: string
  etag: string
  deviceScope?: string
  parentScopes?: string[]
  authentication: { type: string; symmetricKey: { primaryKey: string; secondaryKey: string } }
}
const create = async (path: string, body: object = {}): Promise<DeviceJson> => {
  const { status, json } = await server.call('PUT', path, { body })
  expect(status).toBe(200)
  return json as DeviceJson
}

describe('devices', () => {
  test('WIRE-REG-01 WIRE-REG-02 WIRE-REG-19: PUT without If-Match creates, with generated keys and every field', async () => {
    const answer = await server.call('PUT', '/devices/new', { body: { deviceId: 'new' } })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.json).toEqual({
      deviceId: 'new',
      generationId: expect.stringMatching(/^\d{18}$/) as unknown,
      etag: expect.any(String) as unknown,
      connectionState: 'Disconnected',
      status: 'enabled',
      statusReason: null,
      connectionStateUpdatedTime: '0001-01-01T00:00:00',
      statusUpdatedTime: '0001-01-01T00:00:00',
      lastActivityTime: '0001-01-01T00:00:00',
      cloudToDeviceMessageCount: 0,
      authentication: {
        type: 'sas',
        symmetricKey: {
          primaryKey: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) as unknown,
          secondaryKey: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) as unknown,
        },
        x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      },
      capabilities: { iotEdge: false },
      parentScopes: [],
    })
    expect(answer.headers['etag']).toBe(`"${(answer.json as DeviceJson).etag}"`)
  })

  describe('WIRE-REG-28: an update is the whole identity', () => {
    const all = { status: 'disabled', statusReason: 'why', capabilities: { iotEdge: true } }
    const update = async (path: string, body: object): Promise<DeviceJson> => {
      const answer = await server.call('PUT', path, { body, headers: { 'if-match': '*' } })
      expect(answer.status).toBe(200)
      return answer.json as DeviceJson
    }

    test('what it leaves out is reset, and the keys are new', async () => {
      const before = await create('/devices/whole', all)
      const { symmetricKey } = before.authentication
      const kept = await update('/devices/whole', before)
      expect(kept).toMatchObject({ ...all, authentication: { symmetricKey } })
      const reset = await update('/devices/whole', {})
      expect(reset).toMatchObject({ status: 'enabled', statusReason: null, capabilities: { iotEdge: false } })
      expect(reset).not.toHaveProperty('deviceScope')
      expect(reset.authentication).toMatchObject({ type: 'sas' })
      expect(Object.values(symmetricKey)).not.toContain(reset.authentication.symmetricKey.primaryKey)
      expect(Object.values(symmetricKey)).not.toContain(reset.authentication.symmetricKey.secondaryKey)
    })

    test.each([
      ['two empty keys', { type: 'sas', symmetricKey: { primaryKey: '', secondaryKey: '' } }],
      ['no keys', { type: 'sas' }],
      ['null', null],
    ])('%s ask for new keys', async (what, authentication) => {
      for (const path of [`/devices/keys-${what.replaceAll(' ', '-')}`, '/devices/whole/modules/m']) {
        if (path.includes('modules')) await server.call('DELETE', path, { headers: { 'if-match': '*' } })
        const before = await create(path)
        const after = await update(path, { authentication })
        expect(after.authentication.symmetricKey.primaryKey).toMatch(/^[A-Za-z0-9+/]{43}=$/)
        expect(after.authentication.symmetricKey).not.toEqual(before.authentication.symmetricKey)
      }
    })

    test('who manages a module', async () => {
      await create('/devices/managed')
      await create('/devices/managed/modules/m', { managedBy: 'me' })
      expect(await update('/devices/managed/modules/m', {})).toMatchObject({ managedBy: null })
    })
  })

  test('WIRE-REG-02: supplied keys are kept, keys of the wrong length are refused and not repeated', async () => {
    const symmetricKey = { primaryKey: key(32), secondaryKey: key(16) }
    const device = await create('/devices/own-keys', { authentication: { symmetricKey } })
    expect(device.authentication.symmetricKey).toEqual(symmetricKey)
    const short = { authentication: { symmetricKey: { primaryKey: key(8), secondaryKey: key(8) } } }
    const refused = await server.call('PUT', '/devices/short-keys', { body: short })
    expect(refused.status).toBe(400)
    expect(errorOf(refused).code).toBe(400004)
    expect(refused.text).not.toContain(key(8))
  })

  test('WIRE-REG-03: an id that exists is a 409 DeviceAlreadyExists, in both body formats', async () => {
    await create('/devices/twice')
    const now = await server.call('PUT', '/devices/twice', { body: {} })
    expect(now).toMatchObject({ status: 409, headers: { 'iothub-errorcode': 'DeviceAlreadyExists' } })
    expect(errorOf(now).code).toBe(409001)
    const old = await server.call('PUT', '/devices/twice', { body: {}, apiVersion: '2016-11-14' })
    expect(errorOf(old).name).toBe('DeviceAlreadyExists')
  })

  test.each(['*', '"*"'])('WIRE-REG-04: PUT with If-Match %s updates and changes the etag', async (star) => {
    const id = star === '*' ? 'bare' : 'quoted'
    const { etag } = await create(`/devices/${id}`)
    const headers = { 'if-match': star }
    const answer = await server.call('PUT', `/devices/${id}`, {
      body: { status: 'disabled', statusReason: 'x' },
      headers,
    })
    expect(answer).toMatchObject({ status: 200, json: { status: 'disabled', statusReason: 'x' } })
    expect((answer.json as DeviceJson).etag).not.toBe(etag)
  })

  test('WIRE-REG-04 WIRE-REG-05: only the current etag matches', async () => {
    const { etag } = await create('/devices/etags')
    const headers = { 'if-match': `"${etag}"` }
    expect(await server.call('PUT', '/devices/etags', { body: {}, headers })).toMatchObject({ status: 200 })
    for (const method of ['PUT', 'DELETE']) {
      const stale = await server.call(method, '/devices/etags', { body: {}, headers })
      expect(stale).toMatchObject({ status: 412, headers: { 'iothub-errorcode': 'PreconditionFailed' } })
      expect(errorOf(stale).code).toBe(412001)
    }
  })

  test('WIRE-REG-06: an unknown device is a 404 DeviceNotFound', async () => {
    const answer = await server.call('GET', '/devices/nobody')
    expect(answer).toMatchObject({ status: 404, headers: { 'iothub-errorcode': 'DeviceNotFound' } })
    expect(errorOf(answer).code).toBe(404001)
    const old = await server.call('GET', '/devices/nobody', { apiVersion: '2016-11-14' })
    expect(errorOf(old).name).toBe('DeviceNotFound')
  })

  test('WIRE-REG-07: DELETE removes the device, its twin and its modules', async () => {
    await create('/devices/gone')
    await create('/devices/gone/modules/m')
    expect(await server.call('DELETE', '/devices/gone', { headers: { 'if-match': '*' } })).toMatchObject({
      status: 204,
      text: '',
    })
    for (const path of ['/devices/gone', '/twins/gone', '/twins/gone/modules/m'])
      expect((await server.call('GET', path)).status).toBe(404)
  })

  test('WIRE-REG-08: GET /devices?top=n and /devices/?top=n list, 1 to 1000', async () => {
    await create('/devices/one')
    await create('/devices/two')
    for (const path of ['/devices?top=2', '/devices/?top=2']) {
      const { status, json } = await server.call('GET', path)
      expect(status).toBe(200)
      expect(json).toHaveLength(2)
    }
    expect((await server.call('GET', '/devices')).json).toContainEqual(
      expect.objectContaining({ deviceId: 'two' }),
    )
    for (const top of ['0', '1001', '-1', 'x', '1.5', '']) {
      const refused = await server.call('GET', `/devices?top=${top}`)
      expect(refused.status).toBe(400)
      expect(errorOf(refused)).toMatchObject({
        code: 400002,
        message: expect.stringContaining('1 to 1000') as string,
      })
    }
  })

  test('WIRE-REG-09: every character of the id rule works in a path, others are refused', async () => {
    const id = "aZ09-.+%_#*?!(),:=@$';"
    const device = await create(`/devices/${encodeURIComponent(id)}`)
    expect(device.deviceId).toBe(id)
    expect(await server.call('GET', `/devices/${encodeURIComponent(id)}`)).toMatchObject({ status: 200 })
    for (const bad of ['a b', 'ä', 'a&b', 'x'.repeat(129)]) {
      const refused = await server.call('PUT', `/devices/${encodeURIComponent(bad)}`, { body: {} })
      expect([bad, refused.status]).toEqual([bad, 400])
    }
    await create(`/devices/${'x'.repeat(128)}`)
  })

  test('a body that names another device is refused', async () => {
    const refused = await server.call('PUT', '/devices/d-path', { body: { deviceId: 'd-body' } })
    expect(errorOf(refused)).toMatchObject({
      code: 400004,
      message: 'Expected deviceId to be the same as in the path, d-path, given: d-body.',
    })
  })

  test.each([
    [{ status: 'off' }, 'Expected status to be one of ["enabled","disabled",null], given: "off".'],
    [{ authentication: { type: 'magic' } }, 'Expected authentication.type to be one of ["sas",'],
    [{ capabilities: 7 }, 'Expected capabilities to be of type object or null, given: 7.'],
    [[], 'Expected body to be of type object, given: an array of 0.'],
  ])('%j is refused by field, rule and value', async (body, text) => {
    const refused = await server.call('PUT', '/devices/bad-body', { body })
    expect(refused.status).toBe(400)
    expect(errorOf(refused).message).toContain(text)
  })

  test('a key in the wrong place is not repeated', async () => {
    const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ='
    const body = { authentication: { symmetricKey: { primaryKey: [secret] } } }
    const refused = await server.call('PUT', '/devices/bad-key', { body })
    expect(refused.status).toBe(400)
    expect(refused.text).not.toContain(secret)
    expect(JSON.stringify(server.hub.lastRefusals)).not.toContain(secret)
  })
})

describe('modules', () => {
  test('WIRE-REG-12 WIRE-REG-13: PUT creates and updates, GET lists', async () => {
    await create('/devices/host')
    const module = await create('/devices/host/modules/m1', { managedBy: 'me' })
    expect(module).toMatchObject({
      deviceId: 'host',
      moduleId: 'm1',
      managedBy: 'me',
      connectionState: 'Disconnected',
    })
    const headers = { 'if-match': '*' }
    expect(
      await server.call('PUT', '/devices/host/modules/m1', { body: { managedBy: 'you' }, headers }),
    ).toMatchObject({
      status: 200,
      json: { managedBy: 'you' },
    })
    await create('/devices/host/modules/m2')
    const { status, json } = await server.call('GET', '/devices/host/modules')
    expect(status).toBe(200)
    expect((json as { moduleId: string }[]).map(({ moduleId }) => moduleId)).toEqual(['m1', 'm2'])
    expect((await server.call('GET', '/devices/nobody/modules')).status).toBe(401)
  })

  test('WIRE-REG-14: a duplicate is a 409 ModuleAlreadyExistsOnDevice', async () => {
    await create('/devices/dup')
    await create('/devices/dup/modules/m')
    const answer = await server.call('PUT', '/devices/dup/modules/m', { body: {} })
    expect(answer).toMatchObject({
      status: 409,
      headers: { 'iothub-errorcode': 'ModuleAlreadyExistsOnDevice' },
    })
    expect(errorOf(answer).code).toBe(409301)
  })

  test('an unknown module is a 404 ModuleNotFound', async () => {
    await create('/devices/empty')
    expect(errorOf(await server.call('GET', '/devices/empty/modules/m')).code).toBe(404010)
  })

  test('WIRE-MOD-07: more modules than the setting allows are a 413 TooManyModulesOnDevice', async () => {
    const small = await openTestServer({ modulesPerDevice: 1 })
    await small.call('PUT', '/devices/d', { body: {} })
    expect((await small.call('PUT', '/devices/d/modules/m1', { body: {} })).status).toBe(200)
    const refused = await small.call('PUT', '/devices/d/modules/m2', { body: {} })
    expect(refused.status).toBe(413)
    expect(errorOf(refused).code).toBe(413003)
    await small.stop()
  })

  test('a device reads and writes its own modules with its own token, and no others', async () => {
    await create('/devices/self')
    await create('/devices/other')
    await create('/devices/self/modules/m')
    const as = { deviceId: 'self' }
    expect((await server.call('GET', '/devices/self/modules', { as })).status).toBe(200)
    expect((await server.call('PUT', '/devices/self/modules/n', { as, body: {} })).status).toBe(200)
    expect((await server.call('GET', '/devices/self/modules/n', { as })).status).toBe(200)
    expect((await server.call('GET', '/devices/other/modules', { as })).status).toBe(401)
    expect((await server.call('PUT', '/devices/other/modules/n', { as, body: {} })).status).toBe(401)
    expect((await server.call('GET', '/devices/self', { as })).status).toBe(401)
    const module = { deviceId: 'self', moduleId: 'm' }
    expect((await server.call('GET', '/devices/self/modules', { as: module })).status).toBe(401)
  })
})

describe('edge', () => {
  test('WIRE-REG-15 WIRE-REG-16: an edge device has its system modules and its scope', async () => {
    const edge = await create('/devices/edge', { capabilities: { iotEdge: true } })
    expect(edge.deviceScope).toBe(`ms-azure-iot-edge://edge-${edge.generationId}`)
    const { json } = await server.call('GET', '/devices/edge/modules')
    expect((json as { moduleId: string }[]).map(({ moduleId }) => moduleId).sort()).toEqual([
      '$edgeAgent',
      '$edgeHub',
    ])
  })

  test('WIRE-REG-17: a leaf with the scope of its parent has it as parentScopes; an invented scope is refused', async () => {
    const { deviceScope } = await create('/devices/parent', { capabilities: { iotEdge: true } })
    const leaf = await create('/devices/leaf', { deviceScope })
    expect(leaf.parentScopes).toEqual([deviceScope])
    const refused = await server.call('PUT', '/devices/lost', {
      body: { deviceScope: 'ms-azure-iot-edge://x-1' },
    })
    expect(refused.status).toBe(400)
  })
})

test.each([
  ['/devices/untyped', { deviceId: 'untyped' }],
  ['/devices/d1/modules/untyped', { deviceId: 'd1', moduleId: 'untyped' }],
])('WIRE-REG-41: %s without a content type is 500, and nothing is made', async (path, body) => {
  await server.call('PUT', '/devices/d1', { body: { deviceId: 'd1' } })
  const { status, json } = await server.call('PUT', path, {
    body: JSON.stringify(body),
    headers: { 'content-type': '' },
  })
  expect([status, (json as { Message: string }).Message]).toEqual([
    500,
    'ErrorCode:ServerError;InternalServerError',
  ])
  expect((await server.call('GET', path)).status).toBe(404)
})
