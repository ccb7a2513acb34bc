import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FaultBench } from '../testing/fault-bench.ts'

let bench: FaultBench
beforeEach(async () => {
  bench = await FaultBench.start()
})
afterEach(() => bench.stop())

describe('at the HTTPS port, which also serves WebSocket', () => {
  test.each([
    ['tls.unknown_ca', /^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/],
    ['tls.wrong_name', /^ERR_TLS_CERT_ALTNAME_INVALID$/],
    ['tls.expired', /^CERT_HAS_EXPIRED$/],
    ['tls.not_yet_valid', /^CERT_NOT_YET_VALID$/],
    ['tls.old_protocol', /PROTOCOL/],
    ['tls.alert', /ALERT/],
    ['tls.oversized_chain', /EXCESSIVE_MESSAGE_SIZE/],
    ['tcp.refuse', /^ECONNRESET$/],
  ])('%s fires once', async (name, code) => {
    bench.arm(name)
    const port = bench.hub.httpsPort
    expect(await bench.handshake({ port })).toMatch(code)
    expect(bench.fired(name)).toBe(1)
    expect(await bench.handshake({ port })).toBe('secure')
  })

  test.each([
    ['missing_issuer', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['self_signed_root', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['self_signed_leaf', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('tls.unknown_ca with the chain %s', async (chain, code) => {
    bench.arm('tls.unknown_ca', { chain })
    expect(await bench.handshake({ port: bench.hub.httpsPort })).toBe(code)
  })

  test.each(['other', 'below'])('tls.wrong_name with a name that is %s', async (name) => {
    bench.arm('tls.wrong_name', { name })
    expect(await bench.handshake({ port: bench.hub.httpsPort })).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  test('tls.require_client_cert refuses a client without a certificate', async () => {
    bench.arm('tls.require_client_cert')
    const socket = bench.dial({ port: bench.hub.httpsPort, maxVersion: 'TLSv1.2' })
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toMatch(/HANDSHAKE_FAILURE|ALERT|ECONNRESET/)
  })

  test('tls.cipher_allowlist: requests are answered', async () => {
    bench.arm('tls.cipher_allowlist', { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })
    expect((await bench.https('POST', '/devices/d1/messages/events', '{}')).status).toBe(204)
    expect(bench.fired('tls.cipher_allowlist')).toBe(1)
  })
})

test('a hub stops at once although handshakes are stalled at its ports', async () => {
  bench.hub.faults.arm({ name: 'tls.stall', count: 2 })
  const { httpsPort, mqttPort } = bench.hub
  // One of them never sends anything.
  const sockets = [
    bench.dial({ port: httpsPort }),
    bench.dial({ port: mqttPort }),
    connectTcp(httpsPort, '127.0.0.1'),
  ]
  const closed = sockets.map((socket) => {
    socket.on('error', () => undefined)
    return new Promise((resolve) => socket.once('close', resolve))
  })
  // A socket may be closed before it reports that it was connected.
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
  )
  await bench.hub.journal.until((entry) => entry.type === 'fault' && entry.phase === 'fired')
  await bench.hub.stop()
  await Promise.all(closed)
})
