import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openTestServer, type TestServer } from './testing/test-server.ts'

let room: TestServer
beforeEach(async () => {
  room = await openTestServer()
})
afterEach(() => room.stop())

test('GET /health says that it is ready and what the hub is', async () => {
  expect(await room.call('GET', '/health')).toMatchObject({
    status: 200,
    json: { ready: true, hostName: 'localhost', caPath: '/ca.pem' },
  })
})

test('GET / and an unknown path list what exists', async () => {
  const { json } = await room.call('GET', '/')
  expect(json).toMatchObject({ hostName: 'localhost' })
  const { control } = json as { control: string[] }
  expect(control).toContain('POST /reset: Back to what the hub was started with; links are closed')
  expect(await room.call('POST', '/nowhere?x=1')).toMatchObject({
    status: 404,
    json: { error: 'NotFound', message: 'there is no POST /nowhere', routes: control },
  })
  expect((await room.call('PUT', '/faults')).status).toBe(404)
})

test('GET /openapi.json describes each route that is listed', async () => {
  const { json } = await room.call('GET', '/openapi.json')
  const { openapi, paths } = json as { openapi: string; paths: Record<string, Record<string, object>> }
  expect(openapi).toMatch(/^3\./)
  expect(json).toEqual(JSON.parse(JSON.stringify(room.room.openApi())))
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  const { control } = (await room.call('GET', '/')).json as { control: string[] }
  expect(described.sort()).toEqual(control.map((line) => line.replace(/: .*/, '')).sort())
})

describe('bad input is 400 and names field, rule and what was given', () => {
  test.each([
    ['POST', '/devices', {}, 'deviceId', 'to be given', 'nothing'],
    ['POST', '/devices', { deviceId: 7 }, 'deviceId', 'to be of type string', '7'],
    [
      'POST',
      '/devices',
      { deviceId: 'a', color: 1 },
      'color',
      'to be left out: there is no such field',
      '"color"',
    ],
    [
      'POST',
      '/devices',
      { deviceId: 'a', status: 'on' },
      'status',
      'to be one of ["enabled","disabled"]',
      '"on"',
    ],
    [
      'POST',
      '/clock/advance',
      { by: 'soon' },
      'by',
      'to be numbers with the units d, h, m, s or ms, such as 1h30m or 90s',
      '"soon"',
    ],
    ['POST', '/clock/advance', { by: -1 }, 'by', 'not to lead back: time only goes forward here', '-1'],
    ['POST', '/clock/advance', { by: '99999999d' }, 'by', 'to be a hundred years at most', '"99999999d"'],
    [
      'POST',
      '/faults',
      { name: 'tcp.explode' },
      'name',
      expect.stringContaining('tcp.refuse') as string,
      '"tcp.explode"',
    ],
    [
      'POST',
      '/faults',
      { name: 'mqtt.connack.code', parameters: { code: 999 } },
      'parameters.code',
      'to be a whole number from 0 to 255',
      '999',
    ],
    [
      'POST',
      '/faults',
      { name: 'mqtt.connack.code', trigger: { skip: -1 } },
      'trigger.skip',
      'to be >= 0',
      '-1',
    ],
    [
      'GET',
      '/journal?type=nonsense',
      undefined,
      'type',
      expect.stringContaining('link-opened'),
      '"nonsense"',
    ],
    ['GET', '/journal?after=x', undefined, 'querystring.after', expect.stringContaining('pattern'), '"x"'],
    [
      'GET',
      '/telemetry?devise=x',
      undefined,
      'querystring.devise',
      'to be left out: there is no such field',
      '"devise"',
    ],
    ['POST', '/restore', { format: 1 }, 'hostName', 'to be given', 'nothing'],
    ['PUT', '/routes', { routes: 'x' }, 'routes', 'to be of type array', '"x"'],
  ])('%s %s %j', async (method, path, body, field, rule: unknown, given) => {
    expect(await room.call(method, path, body)).toMatchObject({
      status: 400,
      json: { error: 'BadInput', field, rule, given },
    })
  })

  test('no body, no JSON, and a route that cannot be read', async () => {
    expect((await room.call('POST', '/devices')).status).toBe(400)
    const answer = await room.room.app.inject({ method: 'POST', url: '/devices', payload: '{"deviceId"' })
    expect(answer.statusCode).toBe(400)
    expect((await room.call('PUT', '/routes', { routes: ['FROM nowhere'] })).status).toBe(400)
  })

  test('a key is never said', async () => {
    const authentication = { symmetricKey: { primaryKey: 7_654_321 } }
    const { status, text } = await room.call('POST', '/devices', { deviceId: 'a', authentication })
    expect(status).toBe(400)
    expect(text).not.toContain('7654321')
  })
})

test('a body is JSON whatever its content type says', async () => {
  const answer = await room.room.app.inject({
    method: 'POST',
    url: '/devices',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: '{"deviceId":"a"}',
  })
  expect(answer.statusCode).toBe(201)
})

test('a refusal of the hub keeps its status, name, code and explanation', async () => {
  expect(await room.call('GET', '/devices/nobody')).toMatchObject({
    status: 404,
    json: { error: 'DeviceNotFound', code: 404001, explanation: { rule: 'WIRE-REG-06' } },
  })
})

describe('who may call', () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  test('with a token: all but GET /health answer 401 without it', async () => {
    const guarded = await openTestServer({ token: 's3cret' })
    const { json } = await guarded.call('GET', '/', undefined, bearer('s3cret'))
    const { control } = json as { control: string[] }
    for (const line of control) {
      const [method = '', path = ''] = line.replace(/: .*/, '').split(' ')
      if (path === '/health') continue
      for (const headers of [{}, bearer('wrong'), { authorization: 'Basic s3cret' }])
        expect(await guarded.call(method, path, undefined, headers), line).toMatchObject({ status: 401 })
    }
    expect((await guarded.call('GET', '/unknown')).status).toBe(401)
    expect((await guarded.call('GET', '/health')).json).toEqual({ ready: true })
    expect((await guarded.call('GET', '/health', undefined, bearer('s3cret'))).json).toMatchObject({
      hostName: 'localhost',
    })
    expect((await guarded.call('GET', '/devices', undefined, bearer('s3cret'))).status).toBe(200)
    await guarded.stop()
  })

  test('without a token it listens on the loopback only', async () => {
    await expect(room.room.listen({ host: '0.0.0.0', port: 0 })).rejects.toThrow(
      'control: expected a token when the address is not of the loopback; given: 0.0.0.0',
    )
    const { port } = await room.room.listen({ host: '127.0.0.1', port: 0 })
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
  })

  test('a page of another site, or a name made to point here, is turned away', async () => {
    for (const headers of [{ host: 'evil.example' }, { host: 'localhost', origin: 'https://evil.example' }])
      expect((await room.call('POST', '/reset', undefined, headers)).status).toBe(403)
    expect(room.resets()).toBe(0)
    for (const headers of [
      { host: '127.0.0.1:8080' },
      { host: '[::1]' },
      { origin: 'http://localhost:3000' },
    ])
      expect((await room.call('GET', '/devices', undefined, headers as Record<string, string>)).status).toBe(
        200,
      )
  })
})
