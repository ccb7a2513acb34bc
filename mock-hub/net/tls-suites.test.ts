/** What clients of every kind negotiate: suites, kinds of certificate, fragments, tickets, no server name. */

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MockHub } from '../host/mock-hub.ts'
import { startMockHub } from '../host/start.ts'

const directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-suites-'))
const caFile = join(directory, 'ca.pem')
const sockets: TLSSocket[] = []
let hub: MockHub
beforeAll(async () => {
  hub = await startMockHub({ controlPort: false, rsaCertificate: true })
  writeFileSync(caFile, hub.caPem)
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await hub.stop()
  rmSync(directory, { recursive: true })
})

const PORTS = ['mqtt', 'amqp', 'https'] as const
const portOf = (protocol: (typeof PORTS)[number], at: MockHub = hub): number =>
  ({ mqtt: at.mqttPort, amqp: at.amqpPort ?? 0, https: at.httpsPort })[protocol]

/** A complete handshake of a client that trusts the CA. @throws its error. */
async function secured(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', ca: hub.caPem, ...options })
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}
const RSA_SUITES = [
  'ECDHE-RSA-AES256-GCM-SHA384', // c030
  'ECDHE-RSA-AES128-GCM-SHA256', // c02f
  'ECDHE-RSA-AES256-SHA384', // c028
  'ECDHE-RSA-AES128-SHA256', // c027
]

describe.each(PORTS)('WIRE-CONN-37 WIRE-CONN-35: at the port of %s', (protocol) => {
  test.each(RSA_SUITES)('a client that knows %s alone gets the RSA certificate', async (suite) => {
    const socket = await secured({ port: portOf(protocol), ciphers: suite, maxVersion: 'TLSv1.2' })
    expect(socket.getCipher().name).toBe(suite)
    expect(socket.authorized).toBe(true)
    expect(socket.getPeerCertificate().bits).toBe(2048)
  })

  test.each(RSA_SUITES.map((suite) => suite.replace('RSA', 'ECDSA')))(
    '%s alone: the EC one',
    async (suite) => {
      const socket = await secured({ port: portOf(protocol), ciphers: suite, maxVersion: 'TLSv1.2' })
      expect(socket.getCipher().name).toBe(suite)
      expect(socket.getPeerCertificate().bits).toBe(256)
    },
  )

  test('TLS 1.3: by the signature algorithms of the client', async () => {
    const rsa = await secured({ port: portOf(protocol), sigalgs: 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256' })
    expect([rsa.getProtocol(), rsa.getPeerCertificate().bits]).toEqual(['TLSv1.3', 2048])
    const ec = await secured({ port: portOf(protocol), sigalgs: 'ecdsa_secp256r1_sha256' })
    expect([ec.getProtocol(), ec.getPeerCertificate().bits]).toEqual(['TLSv1.3', 256])
  })

  test.each([
    'AES256-GCM-SHA384', // no forward secrecy
    'DHE-RSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES128-SHA', // SHA-1
    'ECDHE-RSA-CHACHA20-POLY1305',
  ])('%s is refused', async (suite) => {
    const options = { port: portOf(protocol), ciphers: suite, maxVersion: 'TLSv1.2' } as const
    await expect(secured(options)).rejects.toMatchObject({ code: /HANDSHAKE_FAILURE/ })
  })

  test('a client that names no server', async () => {
    const socket = await secured({
      ...{ port: portOf(protocol), servername: '', ciphers: RSA_SUITES[0], maxVersion: 'TLSv1.2' },
      checkServerIdentity: () => undefined,
    })
    expect(socket.authorized).toBe(true)
  })

  test('a client that trusts nothing sees a leaf without its root', async () => {
    const socket = await secured({ port: portOf(protocol), ca: [], rejectUnauthorized: false })
    expect(socket.authorizationError).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    expect(socket.getPeerCertificate(true).issuerCertificate).toBeUndefined()
  })

  test('the RSA chain is verified with either root', async () => {
    const options = { port: portOf(protocol), ciphers: RSA_SUITES[0], maxVersion: 'TLSv1.2' } as const
    const roots = hub.caPem.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? []
    expect(roots).toHaveLength(2)
    for (const ca of roots) expect((await secured({ ...options, ca })).authorized).toBe(true)
  })

  test('TLS 1.2: a session is resumed by its ticket', async () => {
    const options = { port: portOf(protocol), maxVersion: 'TLSv1.2', ciphers: RSA_SUITES[0] } as const
    const first = await secured(options)
    const session = first.getSession()
    first.destroy()
    expect((await secured({ ...options, session })).isSessionReused()).toBe(true)
  })
})

describe('OpenSSL as a client', () => {
  const s_client = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const at = ['-connect', `127.0.0.1:${String(hub.mqttPort)}`, '-CAfile', caFile]
      const child = execFile('openssl', ['s_client', ...at, ...args], (_error, out, err) => {
        resolve(out + err)
      })
      child.stdin?.end()
    })

  test('WIRE-CONN-37: c030 with server and chain verified, and no server name', async () => {
    const args = ['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-GCM-SHA384', '-noservername']
    const text = await s_client(...args, '-verify_return_error', '-verify_ip', '127.0.0.1', '-x509_strict')
    expect(text).toContain('Cipher is ECDHE-RSA-AES256-GCM-SHA384')
    expect(text).toContain('Verify return code: 0 (ok)')
  })

  test('WIRE-CONN-36: the maximum fragment length is agreed', async () => {
    // OpenSSL ends a handshake whose answer lacks the extension that it asked for, or has another value.
    const text = await s_client('-tls1_2', '-maxfraglen', '512', '-tlsextdebug')
    expect(text).toMatch(/TLS server extension "max fragment length" \(id=1\), len=1/)
    expect(text).toContain('Verify return code: 0 (ok)')
  })
})

test('a chain that is made in the background changes neither suites nor trust', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mock-iot-hub-background-'))
  const other = await startMockHub({
    ...{ controlPort: false, rsaCertificate: 'background', certificateDirectory: folder },
  })
  const before = { port: portOf('mqtt', other), ca: other.caPem, maxVersion: 'TLSv1.2' } as const
  // A client of RSA suites alone is refused until the chain is there.
  for (let bits: number | undefined; bits !== 2048;)
    bits = await secured({ ...before, ciphers: RSA_SUITES[0] }).then(
      (socket) => socket.getPeerCertificate().bits,
      () => undefined,
    )
  expect((await secured(before)).getPeerCertificate().bits).toBe(256)
  await expect(secured({ ...before, ciphers: 'ECDHE-RSA-CHACHA20-POLY1305' })).rejects.toMatchObject({
    code: /HANDSHAKE_FAILURE/,
  })
  await other.stop()
  rmSync(folder, { recursive: true })
})

test('without the option a client of RSA suites is refused, and the hub says what to do', async () => {
  const other = await startMockHub({ controlPort: false })
  const port = portOf('mqtt', other)
  await expect(
    secured({ port, ca: other.caPem, ciphers: RSA_SUITES[0], maxVersion: 'TLSv1.2' }),
  ).rejects.toThrow()
  await expect(secured({ port, ca: other.caPem, sigalgs: 'rsa_pss_rsae_sha256' })).rejects.toThrow()
  for (const { reason } of other.journal.filter({ type: 'tls-failed' }))
    expect(reason).toContain('rsaCertificate')
  expect(other.journal.filter({ type: 'tls-failed' })).toHaveLength(2)
  await other.stop()
})
