import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { connect, type ConnectionOptions } from 'node:tls'
import { generate } from 'selfsigned'
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf, openTestServer, type TestServer } from '../testing/test-server.ts'
import { policyToken } from '../testing/tokens.ts'

let server: TestServer
let port: number
beforeAll(async () => {
  server = await openTestServer()
  ;({ port } = await server.http.listen({ host: '127.0.0.1', port: 0 }))
})
afterAll(() => server.stop())

describe('any request', () => {
  test.each(['2016-11-14', '2018-06-30', '2021-04-12', '2017-11-08-preview'])(
    'api-version %s is understood',
    async (apiVersion) => {
      expect((await server.call('GET', '/devices', { apiVersion })).status).toBe(200)
    },
  )

  test.each([
    null,
    '',
    'latest',
    '2021',
    '2021-4-12',
    '2021-04-12-beta',
    '2021-04-12&api-version=2020-09-30',
    '1999-01-01',
    '2018-07-01',
  ])('WIRE-ERR-04: api-version %s is a 400 InvalidProtocolVersion', async (apiVersion) => {
    const refused = await server.call('GET', '/devices', { apiVersion })
    expect(refused).toMatchObject({ status: 400, headers: { 'iothub-errorcode': 'InvalidProtocolVersion' } })
    expect(refused.json).toMatchObject({ Message: 'ErrorCode:InvalidProtocolVersion;BadRequest' })
    expect(server.hub.lastRefusals[0]).toMatchObject({ error: 'InvalidProtocolVersion', code: 400001 })
  })

  test('WIRE-ERR-03: an unknown route is a 404 that names the same error in header, body and journal', async () => {
    const refused = await server.call('GET', '/nothing/here')
    expect(refused).toMatchObject({ status: 404, headers: { 'iothub-errorcode': 'GenericNotFound' } })
    expect(errorOf(refused).code).toBe(404000)
    expect(server.hub.lastRefusals[0]).toMatchObject({ error: 'GenericNotFound', code: 404000 })
  })

  test.each([
    ['POST', '/twins/d'],
    ['PATCH', '/devices/d/messages/events/?x=1'],
  ] as const)('a path that has other methods is a 405 without a code: %s %s', async (method, path) => {
    const refused = await server.call(method, path, { body: {} })
    expect(refused.status).toBe(405)
    expect(refused.json).toEqual({
      Message: `The requested resource does not support http method '${method}'.`,
    })
  })

  test('an idle connection is kept for two minutes', () => {
    expect(server.http.server.keepAliveTimeout).toBe(120_000)
  })

  test('repeated and final slashes are ignored, and paths are matched without case', async () => {
    await server.call('PUT', '/devices/Slash', { body: {} })
    for (const path of ['//devices//Slash', '/devices/Slash/', '/Devices/Slash'])
      expect(await server.call('GET', path)).toMatchObject({ status: 200, json: { deviceId: 'Slash' } })
    expect((await server.call('GET', '/devices/slash')).status).toBe(404)
  })

  test.each([
    ['', 'ArgumentNull'],
    ['null', 'ArgumentNull'],
    ['{', 'IotHubFormatError'],
    ['{"__proto__":{}}', 'IotHubFormatError'],
    ['\ufffe', 'IotHubFormatError'],
    ['"x"', 'GenericBadRequest'],
    ['[]', 'GenericBadRequest'],
    ['{"tags":7}', 'ArgumentInvalid'],
  ])('WIRE-ERR-09: the body %j is a 400 %s', async (body, name) => {
    const headers = { 'content-type': 'application/json' }
    const refused = await server.call('PATCH', '/twins/Slash', { body, headers })
    expect(refused).toMatchObject({ status: 400, headers: { 'iothub-errorcode': name } })
    expect(errorOf(refused).name).toBe(name)
  })

  test.each<[string, string, object, string]>([
    ['PUT', '/jobs/v2/j', { type: 'scheduleTwinUpdate', queryCondition: '*' }, 'GenericBadRequest'],
    ['PUT', '/jobs/v2/j', { type: 'scheduleUpdateTwin' }, 'ArgumentNull'],
    ['PUT', '/devices/x', { status: 'off' }, 'GenericBadRequest'],
    ['PUT', '/devices/x', { statusReason: 7 }, 'ArgumentInvalid'],
    ['POST', '/devices/query', {}, 'ArgumentNull'],
    ['POST', '/jobs/create', { type: 'move' }, 'GenericBadRequest'],
  ])('WIRE-ERR-09: %s %s %j is a 400 %s', async (method, path, body, name) => {
    const refused = await server.call(method, path, { body })
    expect(refused).toMatchObject({ status: 400, headers: { 'iothub-errorcode': name } })
  })

  test.each<[string, string, object]>([
    ['PUT', '/devices/case', { status: 'Enabled', authentication: { type: 'SAS' } }],
    ['POST', '/devices', [{ id: 'case-2', importMode: 'CREATE', status: 'Disabled' }]],
    [
      'PUT',
      '/jobs/v2/case',
      {
        type: 'ScheduleUpdateTwin',
        queryCondition: '*',
        updateTwin: { etag: '*', tags: {} },
        maxExecutionTimeInSeconds: '60',
      },
    ],
  ])('WIRE-HTTP-13: %s %s %j is read', async (method, path, body) => {
    expect((await server.call(method, path, { body })).status).toBe(200)
  })

  test('JSON is read with any content type', async () => {
    const headers = { 'content-type': 'text/plain' }
    expect(
      (await server.call('PUT', '/devices/plain', { body: '{"status":"disabled"}', headers })).json,
    ).toMatchObject({
      status: 'disabled',
    })
  })

  test('a path that cannot be decoded is a 400', async () => {
    const refused = await server.call('GET', '/devices/%zz')
    expect(refused).toMatchObject({ status: 400, headers: { 'iothub-errorcode': 'ArgumentInvalid' } })
  })
})

describe('over TLS', () => {
  const ask = (
    tls: ConnectionOptions,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        ca: server.ca,
        agent: new Agent(tls),
        path,
        headers,
      }
      request({ ...options, ...tls }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }))
      })
        .once('error', reject)
        .end()
    })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is supported', async (version) => {
    const authorization = policyToken(server.hub)
    const limits = { minVersion: version, maxVersion: version }
    expect((await ask(limits, '/devices?api-version=2021-04-12', { authorization })).status).toBe(200)
  })

  test('WIRE-AUTH-15 WIRE-AUTH-16: a client certificate by its thumbprint', async () => {
    // The clock of the test stands in the past.
    const life = { notBeforeDate: new Date('2020-01-01'), notAfterDate: new Date('2049-01-01') }
    const options = { algorithm: 'sha256', ...life } as const
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'x' }], options)
    const { fingerprint, fingerprint256 } = new X509Certificate(cert)
    const thumbprints = [fingerprint, fingerprint256].map((text) => text.replaceAll(':', ''))
    for (const [index, primaryThumbprint] of thumbprints.entries()) {
      const deviceId = `x509-${String(index)}`
      const authentication = { type: 'selfSigned' as const, x509Thumbprint: { primaryThumbprint } }
      server.hub.registry.create({ deviceId }, { authentication })
      const path = `/devices/${deviceId}/messages/devicebound?api-version=2021-04-12`
      expect((await ask({ key, cert }, path)).status).toBe(204)
      expect((await ask({}, path)).status).toBe(401)
      const other = await generate([{ name: 'commonName', value: 'x' }], options)
      const refused = await ask({ key: other.private, cert: other.cert }, path)
      expect(refused.status).toBe(401)
      expect(refused.text).toContain('Thumbprint does not match configuration')
    }
  })

  test('a connection that is not HTTP is closed, and the server keeps running', async () => {
    const socket = connect({ host: '127.0.0.1', port, ca: server.ca, servername: 'localhost' })
    socket.on('error', () => undefined)
    socket.resume()
    socket.end('this is not HTTP\r\n\r\n')
    await once(socket, 'close')
    expect((await ask({}, '/devices?api-version=2021-04-12')).status).toBe(401)
  })

  test('a caller that hangs up during a method call ends the wait', async () => {
    server.hub.registry.create({ deviceId: 'slow' })
    const socket = connect({ host: '127.0.0.1', port, ca: server.ca, servername: 'localhost' })
    const body = '{"methodName":"m","connectTimeoutInSeconds":300}'
    const since = server.hub.journal.seq
    socket.write(
      `POST /twins/slow/methods?api-version=2021-04-12 HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${policyToken(server.hub)}\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`,
    )
    await once(server.http.server, 'request')
    socket.destroy()
    const entry = await server.hub.journal.until(
      (one) => one.type === 'request' && one.url.startsWith('/twins/slow'),
      {
        after: since,
      },
    )
    expect(entry).toMatchObject({ type: 'request', status: 499, caller: 'iothubowner' })
  })
})
