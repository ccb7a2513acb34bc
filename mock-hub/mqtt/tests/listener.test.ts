import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listenTls } from '../../net/tls-listener.ts'
import type { TlsListener, TlsListenerOptions } from '../../net/tls-listener.ts'
import { certificateFor } from '../testing/certificates.ts'
import type { TestCertificate } from '../testing/certificates.ts'
import { RawClient } from '../testing/raw-client.ts'
import { TestServer } from '../testing/test-server.ts'

const d1 = { deviceId: 'd1' }
let testServer: TestServer
let listener: TlsListener
let server: TestCertificate
beforeEach(async () => {
  testServer = await TestServer.open()
  testServer.device('d1')
  server = await certificateFor('localhost')
  listener = await open()
})
afterEach(async () => {
  await listener.stop()
  await testServer.stop()
})

function open(options: Partial<TlsListenerOptions> = {}): Promise<TlsListener> {
  const accept: Parameters<typeof listenTls>[0] = (socket, client) => {
    testServer.mqtt.accept(socket, { transport: 'mqtt', ...client })
  }
  return listenTls(accept, {
    host: '127.0.0.1',
    port: 0,
    tls: server,
    faults: testServer.hub.faults,
    clock: testServer.clock,
    silenceSeconds: 60,
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
  socket.on('error', () => undefined) // `once` tells the first one, and there may be more
  await once(socket, 'secureConnect')
  return socket
}

async function withVariants(): Promise<void> {
  await listener.stop()
  const strange = await certificateFor('elsewhere')
  listener = await open({ tlsVariants: () => Promise.resolve(strange) })
}

function connectPacket(password = testServer.token(d1)): Parameters<RawClient['connect']>[0] {
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

  // What a client makes of its Edge environment: IOTEDGE_* with a token of the workload API, or a connection string
  // with the module's key. Either way the gateway is dialled, and the hub is named.
  test.each([
    ['WIRE-EDGE-01', '2018-06-30'],
    ['WIRE-EDGE-07', '2021-04-12'],
  ])('%s: through a gateway of another name, with the hub’s in user name and token', async (_id, version) => {
    const gateway = await certificateFor('gateway.local')
    await listener.stop()
    await testServer.stop()
    testServer = await TestServer.open({ hostName: 'hub.example.net' })
    testServer.device('d1')
    const module = { deviceId: 'd1', moduleId: 'm1' }
    testServer.module('d1', 'm1')
    listener = await open({ tls: gateway })
    const socket = await dial({ servername: 'gateway.local', ca: gateway.cert })
    expect(socket.authorized).toBe(true)
    const client = new RawClient(socket)
    const password = testServer.token(module)
    expect(decodeURIComponent(password)).toContain('sr=hub.example.net/devices/d1/modules/m1&')
    client.connect({
      clientId: 'd1/m1',
      username: `hub.example.net/d1/m1/?api-version=${version}`,
      password: Buffer.from(password),
    })
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
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
    testServer.device('x1', {
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

describe('tls faults', () => {
  test.each(['unknown_ca', 'wrong_name', 'expired', 'not_yet_valid'])(
    'tls.%s shows the variant once',
    async (name) => {
      await withVariants()
      testServer.hub.faults.arm({ name: `tls.${name}` })
      await expect(dial()).rejects.toThrow(/self-signed|altnames/)
      expect(testServer.hub.faults.list()[0]?.fired).toBe(1)
      ;(await dial()).destroy()
    },
  )

  test('tls.old_protocol: a client of today gives up', async () => {
    testServer.hub.faults.arm({ name: 'tls.old_protocol' })
    await expect(dial({ minVersion: 'TLSv1.2' })).rejects.toThrow(/protocol|version/i)
  })

  test('tls.cipher_allowlist: one suite and no other', async () => {
    const parameters = { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }
    testServer.hub.faults.arm({ name: 'tls.cipher_allowlist', parameters, count: 2 })
    const socket = await dial()
    expect(socket.getCipher().name).toBe('ECDHE-ECDSA-AES256-GCM-SHA384')
    socket.destroy()
    await expect(dial({ ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' })).rejects.toThrow()
  })

  test('tls.require_client_cert: who shows none is turned away', async () => {
    testServer.hub.faults.arm({ name: 'tls.require_client_cert' })
    const socket = await dial({ maxVersion: 'TLSv1.2' }).catch((error: unknown) => error)
    expect(socket).toBeInstanceOf(Error)
  })

  test('tls.stall: the handshake never ends', async () => {
    testServer.hub.faults.arm({ name: 'tls.stall' })
    const socket = connect({ port: listener.port, host: '127.0.0.1', ca: server.cert })
    await testServer.journal('fault', ({ phase }) => phase === 'fired')
    let secured = false
    socket.on('secureConnect', () => (secured = true))
    // Who comes later gets through meanwhile.
    ;(await dial()).destroy()
    expect(secured).toBe(false)
    socket.destroy()
  })

  test('tcp.refuse: a reset before the handshake', async () => {
    testServer.hub.faults.arm({ name: 'tcp.refuse' })
    await expect(dial()).rejects.toThrow(/ECONNRESET|disconnected/)
    expect(testServer.hub.faults.list()[0]?.fired).toBe(1)
  })

  test('tcp.reset: the TCP connection below TLS is reset', async () => {
    const socket = await dial()
    const client = new RawClient(socket)
    client.connect(connectPacket())
    await client.next()
    const broken = once(socket, 'error')
    testServer.hub.faults.arm({ name: 'tcp.reset' })
    expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
  })
})
