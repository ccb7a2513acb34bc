import { request } from 'node:https'
import { connect } from 'node:tls'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openTestServer, type TestServer } from '../testing/test-server.ts'
import { identityToken, policyToken } from '../testing/tokens.ts'

let server: TestServer
let port: number
beforeAll(async () => {
  server = await openTestServer()
  ;({ port } = await server.http.listen({ host: '127.0.0.1', port: 0 }))
  server.hub.registry.create({ deviceId: 'd' })
})
afterAll(() => server.stop())

/** The head of an answer as its bytes say it, lines without their ends. */
async function headOf(
  method: string,
  path: string,
  options: { as?: string; close?: boolean } = {},
): Promise<string[]> {
  const { as = policyToken(server.hub, 'iothubowner'), close = true } = options
  const socket = connect({ host: '127.0.0.1', port, ca: server.ca, servername: 'localhost' })
  await once(socket, 'secureConnect')
  socket.write(
    `${method} ${path}?api-version=2021-04-12 HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${as}\r\n` +
      `Content-Length: 0\r\n${close ? 'Connection: close\r\n' : ''}\r\n`,
  )
  if (!close) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    return chunk.toString('latin1').split('\r\n\r\n')[0]!.split('\r\n')
  }
  return (await text(socket)).split('\r\n\r\n')[0]!.split('\r\n')
}
const namesOf = (head: readonly string[]): string[] => head.slice(1).map((line) => line.split(': ', 1)[0]!)
const asDevice = (): string => identityToken(server.hub, { deviceId: 'd' })

describe('WIRE-HTTP-10: names of headers', () => {
  test('of a read device, in the case of the service, one space after each colon', async () => {
    const head = await headOf('GET', '/devices/d', { close: false })
    expect(head[0]).toBe('HTTP/1.1 200 OK')
    expect(namesOf(head).sort()).toEqual([
      'Content-Length',
      'Content-Type',
      'Date',
      'ETag',
      'Server',
      'Vary',
      'x-ms-request-id',
    ])
    for (const line of head.slice(1)) expect(line).toMatch(/^[\w-]+: \S/)
  })

  test('of a refusal', async () => {
    expect(namesOf(await headOf('GET', '/devices/nobody'))).toContain('iothub-errorcode')
  })

  test('of a cloud-to-device message: ETag, and properties in the case in which they were sent', async () => {
    const sent = request({
      host: '127.0.0.1',
      port,
      ca: server.ca,
      servername: 'localhost',
      method: 'POST',
      path: '/devices/d/messages/devicebound?api-version=2021-04-12',
      headers: { Authorization: policyToken(server.hub, 'iothubowner'), 'iothub-app-Key1': 'One' },
    }).end('x')
    await once(sent, 'response')
    sent.destroy()
    const head = await headOf('GET', '/devices/d/messages/devicebound', { as: asDevice() })
    expect(namesOf(head)).toEqual(expect.arrayContaining(['ETag', 'iothub-app-Key1', 'Content-Length']))
    expect(head).toContain('iothub-app-Key1: One')
    expect(namesOf(head)).not.toContain('Transfer-Encoding')
  })
})

describe('WIRE-HTTP-10: what a parser written by hand can read, on each route of devices', () => {
  /** An answer as the parser of the C SDK needs it: lines below 1 KB, one space after a colon, a length, no chunks. */
  async function plain(method: string, path: string, body = '', headers = ''): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port, ca: server.ca, servername: 'localhost' })
    await once(socket, 'secureConnect')
    const version = path.includes('?') ? '' : '?api-version=2021-04-12'
    socket.write(
      `${method} ${path}${version} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${asDevice()}\r\n` +
        `${headers}Content-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
    )
    const answer = await text(socket)
    const end = answer.indexOf('\r\n\r\n')
    const [first, ...lines] = answer.slice(0, end).split('\r\n')
    expect(first).toMatch(/^HTTP\/1\.1 \d{3} \S/)
    for (const line of lines) expect(line).toMatch(/^[\w-]+: \S.{0,1000}$/)
    const content = answer.slice(end + 4)
    expect(lines).toContain(`Content-Length: ${String(Buffer.byteLength(content))}`)
    expect(namesOf(['', ...lines]).map((name) => name.toLowerCase())).not.toContain('transfer-encoding')
    return `${first?.split(' ')[1] ?? ''} ${content}`
  }
  const devicebound = '/devices/d/messages/devicebound'
  const lock = (): string => server.hub.c2d.receive({ deviceId: 'd' })?.lockToken ?? ''
  const send = (body: string): void => {
    server.hub.c2d.send({ deviceId: 'd' }, { body: Buffer.from(body), system: {}, properties: {} })
  }
  afterEach(() => {
    server.hub.c2d.purge({ deviceId: 'd' })
  })

  test('messages', async () => {
    expect(await plain('POST', '/devices/d/messages/events', 'x')).toBe('204 ')
    expect(await plain('GET', devicebound)).toBe('204 ')
    for (const body of ['hello', '', 'ä\n']) {
      send(body)
      expect(await plain('GET', devicebound)).toBe(`200 ${body}`)
    }
    send('x')
    expect(await plain('POST', `${devicebound}/${lock()}/abandon`)).toBe('204 ')
    expect(await plain('DELETE', `${devicebound}/${lock()}`)).toBe('204 ')
  })

  test('uploads', async () => {
    const started = await plain('POST', '/devices/d/files', '{"blobName":"a"}')
    const { correlationId, sasToken } = JSON.parse(started.slice(4)) as Record<string, string>
    const type = 'x-ms-blob-type: BlockBlob\r\n'
    expect(await plain('PUT', `/uploads/d/a${sasToken ?? ''}`, 'hello', type)).toBe('201 ')
    expect(await plain('GET', `/uploads/d/a${sasToken ?? ''}`)).toBe('200 hello')
    const finish = JSON.stringify({ correlationId, isSuccess: true })
    expect(await plain('POST', '/devices/d/files/notifications', finish)).toBe('204 ')
  })

  test.each([
    ['GET', '/devices/e/messages/devicebound', 404],
    ['DELETE', `${devicebound}/none`, 412],
    ['POST', '/devices/d/files/notifications', 400],
    ['GET', `/devices/${'x'.repeat(300)}`, 400],
    ['GET', '/uploads/d/none', 403],
  ])('the refusal of %s %s', async (method, path, status) => {
    expect(await plain(method, path)).toMatch(new RegExp(`^${String(status)} .`))
  })
})

describe('WIRE-HTTP-11: headers of every answer', () => {
  test('a 204 has Content-Length 0', async () => {
    expect(await headOf('GET', '/devices/d/messages/devicebound/', { as: asDevice() })).toEqual(
      expect.arrayContaining(['Content-Length: 0']),
    )
    expect(await headOf('POST', '/devices/d/messages/events', { as: asDevice() })).toEqual(
      expect.arrayContaining(['HTTP/1.1 204 No Content', 'Content-Length: 0', 'Vary: Origin']),
    )
  })

  test.each(['/devices/d', '/devices/nobody', '/nothing', '/devices/%E0%A4%A'])(
    '%s: Server, Vary and a GUID of its own',
    async (path) => {
      const [first, second] = [await server.call('GET', path), await server.call('GET', path)]
      expect(first.headers).toMatchObject({ server: 'Microsoft-HTTPAPI/2.0', vary: 'Origin' })
      expect(first.headers['x-ms-request-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      expect(first.headers['x-ms-request-id']).not.toBe(second.headers['x-ms-request-id'])
    },
  )

  test('the tracking id of a refusal is its request id', async () => {
    const { headers, json } = await server.call('GET', '/devices/nobody')
    const { ExceptionMessage } = json as { ExceptionMessage: string }
    expect(ExceptionMessage).toContain(
      `Tracking ID:${String(headers['x-ms-request-id']).replaceAll('-', '')}-`,
    )
  })
})

describe('WIRE-HTTP-12: X-HTTP-Method-Override', () => {
  const override = (method: string, value: string) =>
    server.call(method, '/twins/d', {
      body: { tags: { a: value } },
      headers: { 'x-http-method-override': value },
    })
  test.each(['PATCH', 'patch'])('POST with %s is a PATCH', async (value) => {
    expect(await override('POST', value)).toMatchObject({ status: 200, json: { tags: { a: value } } })
  })
  test('other methods, and other values, are not overridden', async () => {
    expect((await override('POST', 'PUT')).status).toBe(405)
    expect((await override('GET', 'PATCH')).status).toBe(200)
  })
})

test.each([
  ['GET', '/twins%2Fd', undefined, 200],
  ['GET', '/devices%2fd', undefined, 200],
  ['POST', '/devices%2Fquery', { query: 'SELECT * FROM devices' }, 200],
  ['POST', '/twins%2Fd%2Fmethods', { methodName: 'm', connectTimeoutInSeconds: 0 }, 404],
  ['POST', '/devices%2Fd%2Fmessages%2FdeviceBound', 'text', 204],
])('WIRE-HTTP-16: the slashes of a path may be encoded: %s %s', async (method, path, body, status) => {
  const json = { 'content-type': 'application/json', 'content-encoding': 'utf-8' }
  const answer = await server.call(method, path, { body, headers: body === 'text' ? json : {} })
  expect([answer.status, answer.headers['iothub-errorcode'] ?? 'none']).toEqual([
    status,
    status === 404 ? 'DeviceNotOnline' : 'none',
  ])
})
