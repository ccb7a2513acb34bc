import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { afterArrivals } from '../base/clock.ts'
import type { JournalEntry } from '../core/contract/journal.ts'
import type { MockHub } from '../host/mock-hub.ts'
import { startMockHub } from '../host/start.ts'

let hub: MockHub
let lines: string[]
let sockets: Socket[]
beforeEach(async () => {
  lines = []
  sockets = []
  const logger = { info: () => undefined, warn: (line: string) => lines.push(line) }
  hub = await startMockHub({ controlPort: false, logger })
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await hub.stop()
})

const PORTS = ['mqtt', 'amqp', 'https'] as const
type Protocol = (typeof PORTS)[number]
const portOf = (protocol: Protocol): number =>
  ({ mqtt: hub.mqttPort, amqp: hub.amqpPort ?? 0, https: hub.httpsPort })[protocol]

/** How a TLS handshake ends: `secure`, or the client's error code. */
async function handshake(protocol: Protocol, options: ConnectionOptions = {}): Promise<string> {
  const socket = connect({
    ...{ port: portOf(protocol), host: '127.0.0.1', servername: 'localhost', ca: hub.caPem },
    ...options,
  })
  sockets.push(socket)
  return Promise.race([
    once(socket, 'secureConnect').then(() => 'secure'),
    new Promise<string>((resolve) =>
      socket.on('error', (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? error.message)
      }),
    ),
  ])
}
const entry = <K extends JournalEntry['type']>(type: K): Promise<Extract<JournalEntry, { type: K }>> =>
  hub.journal.until((one) => one.type === type) as Promise<Extract<JournalEntry, { type: K }>>

function webSocket(protocol: string): WebSocket {
  return new WebSocket(`wss://localhost:${hub.httpsPort}/$iothub/websocket`, protocol, {
    ca: hub.caPem,
    lookup: (_host, _options, done) => {
      done(null, [{ address: '127.0.0.1', family: 4 }])
    },
  })
}

describe('link-opened', () => {
  test.each(['mqtt', 'amqp'] as const)('has the peer and its TLS: %s', async (protocol) => {
    expect(await handshake(protocol, { maxVersion: 'TLSv1.2' })).toBe('secure')
    const { transport, peer, tls } = await entry('link-opened')
    expect([transport, tls]).toEqual([
      protocol,
      { version: 'TLSv1.2', serverName: 'localhost', resumed: false },
    ])
    expect(peer).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  test('has them over WebSocket as well', async () => {
    const socket = webSocket('AMQPWSB10')
    await once(socket, 'open')
    const { transport, tls } = await entry('link-opened')
    expect([transport, tls?.version]).toEqual(['amqp-ws', 'TLSv1.3'])
    socket.terminate()
  })
})

test('tcp.reset over WebSocket resets the TCP connection below it', async () => {
  const { httpsPort: port, caPem: ca } = hub
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca })
  socket.write(
    'GET /$iothub/websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
      'Sec-WebSocket-Protocol: mqtt\r\n\r\n',
  )
  await Promise.all([once(socket, 'data'), entry('link-opened')])
  const broken = once(socket, 'error')
  hub.faults.arm({ name: 'tcp.reset' })
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
})

describe('a handshake that fails is journalled and logged with its reason', () => {
  test.each(PORTS)('%s: a client that does not trust the certificate', async (protocol) => {
    expect(await handshake(protocol, { ca: [] })).toMatch(/SELF_SIGNED|UNABLE_TO/)
    const failed = await entry('tls-failed')
    expect(failed).toMatchObject({ protocol, port: portOf(protocol) })
    expect(failed.peer).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(failed.reason).toMatch(/trust.*hub\.caPem/)
    expect(lines.join()).toContain(failed.reason)
  })

  test('says what to export when the CA is on disk', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-trust-'))
    await hub.stop()
    hub = await startMockHub({ controlPort: false, certificateDirectory: directory })
    await handshake('mqtt', { ca: [] })
    const { caPath = '', caBundlePath = '' } = hub
    expect(caBundlePath).not.toBe(caPath)
    expect((await entry('tls-failed')).reason).toContain(
      'trust the certificate of the hub; give it the CA: ' +
        `export NODE_EXTRA_CA_CERTS=${caPath} for Node, SSL_CERT_FILE=${caBundlePath} for Python, C, Go, Rust and .NET, ` +
        `REQUESTS_CA_BUNDLE=${caBundlePath} for Python's service SDK, CURL_CA_BUNDLE=${caBundlePath} for curl`,
    )
    rmSync(directory, { recursive: true })
  })

  test.each(PORTS)('%s: a client that does not speak TLS', async (protocol) => {
    const socket = connectTcp(portOf(protocol), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(Buffer.from([0x10, 12, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 0]))
    const failed = await entry('tls-failed')
    expect(failed).toMatchObject({ protocol, code: 'ERR_SSL_WRONG_VERSION_NUMBER' })
    expect(failed.reason).toMatch(/not.*TLS/)
    socket.destroy()
  })

  test.each(PORTS)('%s: a client with an old version of TLS', async (protocol) => {
    await handshake(protocol, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' })
    const { code, reason } = await entry('tls-failed')
    expect(code).toBe('ERR_SSL_UNSUPPORTED_PROTOCOL')
    expect(reason).toContain('TLS 1.2')
  })

  test.each(PORTS)('%s: a client that hangs up in the middle', async (protocol) => {
    const socket = connectTcp(portOf(protocol), '127.0.0.1')
    socket.on('error', () => undefined)
    // The beginning of a ClientHello that never comes whole.
    socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]), () => socket.resetAndDestroy())
    const failed = await entry('tls-failed')
    expect(failed).toMatchObject({ protocol, code: 'ECONNRESET' })
    expect(failed.peer).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  test('a connection that sends nothing is not reported: it may be a port check', async () => {
    const socket = connectTcp(hub.mqttPort, '127.0.0.1')
    await once(socket, 'connect')
    socket.end()
    socket.resume()
    await once(socket, 'close')
    expect(await handshake('mqtt', { ca: [] })).not.toBe('secure')
    await entry('tls-failed')
    expect(hub.journal.entries.filter(({ type }) => type === 'tls-failed')).toHaveLength(1)
  })
})

test.each(PORTS)(
  '%s: a fault that names no cipher suite closes the connection and the hub lives on',
  async (protocol) => {
    hub.faults.arm({ name: 'tls.cipher_allowlist', parameters: { ciphers: 'NO-SUCH-SUITE' } })
    expect(await handshake(protocol)).not.toBe('secure')
    expect((await entry('tls-failed')).reason).toContain('cipher')
    expect(await handshake(protocol)).toBe('secure')
  },
)

test.each(PORTS)('%s: a client that sends nothing after the TCP connection is closed', async (protocol) => {
  const socket = connectTcp({ port: portOf(protocol), host: '127.0.0.1' })
  sockets.push(socket)
  await once(socket, 'connect')
  const closed = once(socket, 'close')
  socket.resume()
  // The hub may not have accepted the connection yet.
  while (!socket.closed) {
    hub.clock.advance('1m')
    await new Promise<void>(afterArrivals)
  }
  await closed
  expect(await entry('tls-failed')).toMatchObject({
    ...{ protocol, code: 'ERR_TLS_HANDSHAKE_TIMEOUT' },
    reason: 'the client did not begin, or did not complete, the handshake in time',
  })
})
