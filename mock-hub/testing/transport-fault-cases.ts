/** Cases of faults of sockets and of TLS. */

import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { exampleParameters, type FaultCases } from './fault-case.ts'
import { expect } from 'vitest'

const cases: FaultCases = {}
export { cases as transportFaultCases }

cases['tcp.refuse'] = async (bench, name) => {
  bench.arm(name)
  const socket = connectTcp(bench.hub.mqttPort, '127.0.0.1')
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNRESET')
}
cases['tcp.drop_now'] = async (bench, name) => {
  const client = await bench.connected()
  bench.arm(name)
  await client.closing()
}
cases['tcp.reset'] = async (bench, name) => {
  await bench.connected()
  const error = once(bench.newestSocket, 'error')
  bench.arm(name)
  expect(((await error) as [NodeJS.ErrnoException])[0].code).toBe('ECONNRESET')
}
for (const name of ['tcp.stall', 'tcp.blackhole'])
  cases[name] = async (bench) => {
    const client = await bench.connected()
    bench.arm(name, exampleParameters(name))
    client.send({ cmd: 'pingreq' })
    await bench.roundTrip()
    expect([client.closed, client.received.filter(({ cmd }) => cmd === 'pingresp')]).toEqual([false, []])
  }
cases['tcp.cut'] = async (bench, name) => {
  const client = await bench.connected()
  bench.arm(name, { bytes: 3 })
  client.send({ cmd: 'pingreq' }, { cmd: 'pingreq' })
  await client.closing()
  // Two bytes are a PINGRESP, the third is half of the next.
  expect(client.received.filter(({ cmd }) => cmd === 'pingresp')).toHaveLength(1)
}
cases['tcp.half_close'] = async (bench, name) => {
  await bench.connected()
  const end = once(bench.newestSocket, 'end')
  bench.arm(name)
  await end
}
cases['tcp.split'] = async (bench, name) => {
  const client = await bench.connected()
  const chunks: number[] = []
  bench.newestSocket.on('data', (chunk: Buffer) => chunks.push(chunk.length))
  bench.arm(name)
  client.send({ cmd: 'pingreq' })
  await client.take('pingresp')
  expect(chunks).toEqual([1, 1])
}
for (const [name, parameters] of [
  ['tcp.slow', { bytesPerSecond: 1 }],
  ['tcp.delay', { seconds: 2 }],
] as const)
  cases[name] = async (bench) => {
    const client = await bench.connected()
    bench.arm(name, parameters)
    client.send({ cmd: 'pingreq' })
    await bench.untilSent('pingresp')
    await bench.roundTrip()
    expect(client.received.at(-1)?.cmd).toBe('connack')
    bench.clock.advance(2_000)
    await client.take('pingresp')
  }
cases['tcp.coalesce'] = async (bench, name) => {
  const client = await bench.connected()
  const chunks: number[] = []
  bench.newestSocket.on('data', (chunk: Buffer) => chunks.push(chunk.length))
  bench.arm(name, { seconds: 2 })
  client.send({ cmd: 'pingreq' })
  await bench.untilSent('pingresp')
  client.send({ cmd: 'pingreq' })
  await bench.untilSent('pingresp', 2)
  bench.clock.advance(2_000)
  await client.take('pingresp')
  expect(chunks).toEqual([4])
}

const HANDSHAKES: Readonly<Record<string, RegExp>> = {
  unknown_ca: /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/,
  wrong_name: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
  expired: /^CERT_HAS_EXPIRED$/,
  not_yet_valid: /^CERT_NOT_YET_VALID$/,
  old_protocol: /PROTOCOL/,
  alert: /ALERT/,
  oversized_chain: /EXCESSIVE_MESSAGE_SIZE/,
}
for (const [effect, code] of Object.entries(HANDSHAKES))
  cases[`tls.${effect}`] = async (bench, name) => {
    bench.arm(name)
    expect(await bench.handshake()).toMatch(code)
    expect(await bench.handshake()).toBe('secure')
  }
cases['tls.cipher_allowlist'] = async (bench, name) => {
  bench.arm(name, { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })
  expect(await bench.handshake()).toBe('secure')
  expect(bench.newestSocket.getCipher().name).toBe('ECDHE-ECDSA-AES256-GCM-SHA384')
}
for (const effect of ['rotated', 'other_root', 'many_names'])
  cases[`tls.${effect}`] = async (bench, name) => {
    expect(await bench.handshake()).toBe('secure')
    const usual = bench.newestSocket.getPeerX509Certificate()
    bench.arm(name)
    expect(await bench.handshake()).toBe('secure')
    const shown = bench.newestSocket.getPeerX509Certificate()
    // This hub has one root.
    expect(shown?.fingerprint256 === usual?.fingerprint256).toBe(effect === 'other_root')
    const names = shown?.subjectAltName?.split(', ').length ?? 0
    expect(names - (usual?.subjectAltName?.split(', ').length ?? 0)).toBe(effect === 'many_names' ? 60 : 0)
  }
cases['tls.no_resumption'] = async (bench, name) => {
  const first = bench.dial()
  const [session] = (await once(first, 'session')) as [Buffer]
  bench.arm(name)
  expect(await bench.handshake({ session })).toBe('secure')
  expect(bench.newestSocket.isSessionReused()).toBe(false)
  expect(await bench.handshake({ session })).toBe('secure')
  expect(bench.newestSocket.isSessionReused()).toBe(true)
}
cases['tls.require_client_cert'] = async (bench, name) => {
  bench.arm(name)
  // TLS 1.3 tells the client after its own handshake is over.
  const socket = bench.dial({ maxVersion: 'TLSv1.2' })
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toMatch(/HANDSHAKE_FAILURE|ALERT|ECONNRESET/)
}
cases['tls.stall'] = async (bench, name) => {
  bench.arm(name)
  const socket = bench.dial()
  let secure = false
  socket.once('secureConnect', () => (secure = true))
  await once(socket, 'connect')
  await bench.untilFired(name)
  await bench.roundTrip()
  expect([secure, socket.destroyed]).toEqual([false, false])
}
