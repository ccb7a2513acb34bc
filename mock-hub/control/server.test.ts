import { once } from 'node:events'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listenForControl } from './listener.ts'
import { openTestServer, type TestServer } from './testing/test-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
})
afterEach(() => server.stop())

test('GET /health reports readiness and describes the hub', async () => {
  expect(await server.call('GET', '/health')).toMatchObject({
    status: 200,
    json: { ready: true, hostName: 'localhost', caPath: '/ca.pem' },
  })
})

test('a request that asks for an upgrade is answered as any other', async () => {
  const { port } = await server.control.listen({ host: '127.0.0.1', port: 0 })
  const headers = { connection: 'upgrade', upgrade: 'websocket' }
  const asked = request({ host: '127.0.0.1', port, path: '/health', headers }).end()
  const [answer] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }]
  answer.resume()
  expect(answer.statusCode).toBe(200)
})

test('GET / and the 404 of an unknown path list all routes', async () => {
  const { json } = await server.call('GET', '/')
  expect(json).toMatchObject({ hostName: 'localhost' })
  const { control } = json as { control: string[] }
  expect(control).toContain('POST /reset: Return to the initial state; connections of devices are closed')
  expect(await server.call('POST', '/nowhere?x=1')).toMatchObject({
    status: 404,
    json: { error: 'NotFound', message: 'there is no route POST /nowhere', routes: control },
  })
  expect((await server.call('PUT', '/faults')).status).toBe(404)
})

test('GET /openapi.json describes each route that is listed', async () => {
  const { json } = await server.call('GET', '/openapi.json')
  const { openapi, paths } = json as { openapi: string; paths: Record<string, Record<string, object>> }
  expect(openapi).toMatch(/^3\./)
  expect(json).toEqual(JSON.parse(JSON.stringify(server.control.openApi())))
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  const { control } = (await server.call('GET', '/')).json as { control: string[] }
  expect(described.sort()).toEqual(control.map((line) => line.replace(/: .*/, '')).sort())
})

describe('invalid input is a 400 with field, rule and given value', () => {
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
    ['POST', '/clock/advance', { by: -1 }, 'by', 'to be 0 or more: this call only moves time forward', '-1'],
    [
      'POST',
      '/clock/advance',
      { by: '99999999d' },
      'by',
      'to lead to a time at most 100 years from now',
      '"99999999d"',
    ],
    [
      'POST',
      '/clock/offset',
      { by: '-99999999d' },
      'by',
      'to lead to a time at most 100 years from now',
      '"-99999999d"',
    ],
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
      'to be left out: there is no such field (did you mean "device"?)',
      '"devise"',
    ],
    ['POST', '/restore', { format: 1 }, 'hostName', 'to be given', 'nothing'],
    ['PUT', '/routes', { routes: 'x' }, 'routes', 'to be of type array', '"x"'],
  ])('%s %s %j', async (method, path, body, field, rule: unknown, given) => {
    expect(await server.call(method, path, body)).toMatchObject({
      status: 400,
      json: { error: 'InvalidInput', field, rule, given },
    })
  })

  test('a missing body, invalid JSON and an invalid module route are 400', async () => {
    expect((await server.call('POST', '/devices')).status).toBe(400)
    const answer = await server.control.app.inject({
      method: 'POST',
      url: '/devices',
      payload: '{"deviceId"',
    })
    expect(answer.statusCode).toBe(400)
    expect((await server.call('PUT', '/routes', { routes: ['FROM nowhere'] })).status).toBe(400)
  })

  test.each([
    ['lists', `{"a":${'['.repeat(50_000)}`],
    ['objects', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
    ['a snapshot', `{"format":1,"identities":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ])('%s that nest too deeply are refused by their depth', async (_, payload) => {
    for (const url of ['/devices', '/restore', '/faults']) {
      const answer = await server.control.app.inject({ method: 'POST', url, payload })
      expect([answer.statusCode, answer.json()]).toMatchObject([
        400,
        {
          error: 'InvalidInput',
          field: 'body',
          rule: 'to be JSON of at most 256 levels',
          given: '"more levels"',
        },
      ])
    }
  })

  test('a key is never repeated', async () => {
    const authentication = { symmetricKey: { primaryKey: 7_654_321 } }
    const { status, text } = await server.call('POST', '/devices', { deviceId: 'a', authentication })
    expect(status).toBe(400)
    expect(text).not.toContain('7654321')
  })
})

test('every body is read as JSON, whatever its content type', async () => {
  const answer = await server.control.app.inject({
    method: 'POST',
    url: '/devices',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: '{"deviceId":"a"}',
  })
  expect(answer.statusCode).toBe(201)
})

test('a refusal of the hub keeps its status, name, code and explanation', async () => {
  expect(await server.call('GET', '/devices/nobody')).toMatchObject({
    status: 404,
    json: { error: 'DeviceNotFound', code: 404001, explanation: { rule: 'WIRE-REG-06' } },
  })
})

describe('who may call', () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  test('with a token: all but GET /health and the files of the dashboard answer 401 without it', async () => {
    const guarded = await openTestServer({ token: 's3cret' })
    const { json } = await guarded.call('GET', '/', undefined, bearer('s3cret'))
    const { control } = json as { control: string[] }
    for (const line of control) {
      const [method = '', path = ''] = line.replace(/: .*/, '').split(' ')
      if (path === '/health' || path === '/assets/:name') continue
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

  test('with a token: a call of another page is refused, whatever it carries', async () => {
    const guarded = await openTestServer({ token: 's3cret' })
    const headers = { ...bearer('s3cret'), host: 'hub.example:9443', origin: 'http://evil.example' }
    expect((await guarded.call('POST', '/reset', undefined, headers)).status).toBe(403)
    expect(guarded.resets()).toBe(0)
    const own = { ...headers, origin: 'http://hub.example:9443' }
    expect((await guarded.call('POST', '/reset', undefined, own)).status).toBe(204)
    await guarded.stop()
  })

  test('without a token the API listens on loopback only', async () => {
    await expect(server.control.listen({ host: '0.0.0.0', port: 0 })).rejects.toThrow(
      'control: expected address to be loopback when there is no control token; given: "0.0.0.0"',
    )
    const { port } = await server.control.listen({ host: '127.0.0.1', port: 0 })
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
  })

  test('a request with the Host or Origin of another site is refused', async () => {
    for (const headers of [{ host: 'evil.example' }, { host: 'localhost', origin: 'https://evil.example' }])
      for (const [method, path] of [
        ['POST', '/reset'],
        ['GET', '/about'],
        ['GET', '/snapshot'],
        ['GET', '/openapi.json'],
      ] as const)
        expect((await server.call(method, path, undefined, headers)).status, `${method} ${path}`).toBe(403)
    expect(server.resets()).toBe(0)
    // The page of another server on this machine is another page.
    for (const origin of ['http://localhost:3000', 'https://localhost', 'null', 'no url'])
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const headers = { host: 'localhost:9443', origin }
        expect((await server.call(method, '/faults', {}, headers)).status, `${method} ${origin}`).toBe(403)
      }
    const own = { host: 'localhost:9443', origin: 'http://localhost:9443' }
    expect((await server.call('POST', '/reset', undefined, own)).status).toBe(204)
    for (const headers of [
      { host: '127.0.0.1:8080' },
      { host: '[::1]' },
      { origin: 'http://localhost:3000' },
    ])
      expect(
        (await server.call('GET', '/devices', undefined, headers as Record<string, string>)).status,
      ).toBe(200)
  })
})

describe('the listener builds the API at its first request', () => {
  const listen = () =>
    listenForControl(
      {
        ...{ hub: server.hub, services: server.services, provisioning: undefined, token: undefined },
        ...{ about: () => Promise.resolve({ hostName: 'localhost' }), reset: () => undefined },
      },
      { host: '127.0.0.1', port: 0 },
    )

  test('requests that arrive meanwhile are all answered, and so are later ones', async () => {
    const { port, stop } = await listen()
    const ask = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${port}/health`)).json()
    const ready = { ready: true, hostName: 'localhost' }
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([ready, ready, ready])
    expect(await ask()).toEqual(ready)
    await stop()
    await expect(ask()).rejects.toThrow('fetch failed')
  })

  test('it closes open streams, and a port that nobody asked', async () => {
    const idle = await listen()
    await idle.stop()
    const { port, stop } = await listen()
    const stream = await fetch(`http://127.0.0.1:${port}/journal?follow=true`)
    const ended = stream.text().catch(() => 'cut')
    await stop()
    expect(await ended).toBe('cut')
  })
})
