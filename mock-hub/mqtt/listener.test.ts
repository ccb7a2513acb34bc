import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listenTls } from './listener.ts'
import type { TlsListener, TlsListenerOptions } from './listener.ts'
import { certificateFor } from './testing/certificates.ts'
import type { TestCertificate } from './testing/certificates.ts'
import { RawClient } from './testing/raw-client.ts'
import { TestRoom } from './testing/test-room.ts'

const d1 = { deviceId: 'd1' }
let room: TestRoom
let listener: TlsListener
let server: TestCertificate
beforeEach(async () => {
  room = await TestRoom.open()
  room.device('d1')
  server = await certificateFor('localhost')
  listener = await open()
})
afterEach(async () => {
  await listener.stop()
  await room.stop()
})

function open(options: Partial<TlsListenerOptions> = {}): Promise<TlsListener> {
  return listenTls(room.room, {
    host: '127.0.0.1',
    port: 0,
    tls: server,
    faults: room.hub.faults,
    ...options,
  })
}

/** @throws what the handshake ends with. */
async function dial(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    port: listener.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: server.cert,
    ...options,
  })
  await once(socket, 'secureConnect')
  return socket
}

function connectPacket(password = room.token(d1)): Parameters<RawClient['connect']>[0] {
  return { clientId: 'd1', username: 'localhost/d1/?api-version=2021-04-12', password: Buffer.from(password) }
}

describe('listenTls', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('WIRE-CONN-01 WIRE-CONN-06: MQTT over %s', async (version) => {
    const socket = await dial({ minVersion: version, maxVersion: version })
    expect(socket.authorized).toBe(true)
    const client = new RawClient(socket)
    client.connect(connectPacket())
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    expect(await client.settled()).toEqual([])
    client.drop()
  })

  test('older protocols are refused', async () => {
    await expect(
      dial({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
    ).rejects.toThrow()
  })

  test('WIRE-AUTH-15: the client certificate is asked for and reaches authentication', async () => {
    const own = await certificateFor('x1')
    const thumbprint = new X509Certificate(own.cert).fingerprint256.replaceAll(':', '')
    room.device('x1', {
      authentication: { type: 'selfSigned', x509Thumbprint: { secondaryThumbprint: thumbprint } },
    })
    const client = new RawClient(await dial({ key: own.key, cert: own.cert }))
    client.connect({ clientId: 'x1', username: 'localhost/x1/?api-version=2021-04-12' })
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    client.drop()
  })

  test('a renewed certificate is shown to who comes next', async () => {
    const next = await certificateFor('renewed')
    listener.updateTls(next)
    const socket = await dial({ ca: next.cert, servername: 'renewed' })
    expect(socket.authorized).toBe(true)
    socket.destroy()
  })

  test('a busy port is an error', async () => {
    await expect(open({ port: listener.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('garbage instead of a handshake does no harm', async () => {
    const { connect: plain } = await import('node:net')
    const socket = plain(listener.port, '127.0.0.1')
    socket.end('GET / HTTP/1.1\r\n\r\n')
    socket.on('error', () => undefined)
    socket.resume()
    await once(socket, 'close')
    ;(await dial()).destroy()
  })

  test('stop closes what is open', async () => {
    const client = new RawClient(await dial())
    client.connect(connectPacket())
    await client.next()
    await listener.stop()
    await client.closing()
  })
})
