/** Drives the levers of sockets and of TLS. */

import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { example, fence, stage, type Drives } from './driven.ts'
import { expect } from 'vitest'

export const belowMqtt: Drives = {}

belowMqtt['tcp.refuse'] = async (name) => {
  stage.arm(name)
  const socket = connectTcp(stage.hub.mqttPort, '127.0.0.1')
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNRESET')
}
belowMqtt['tcp.drop_now'] = async (name) => {
  const client = await stage.connected()
  stage.arm(name)
  await client.closing()
}
belowMqtt['tcp.reset'] = async (name) => {
  await stage.connected()
  const error = once(stage.socket, 'error')
  stage.arm(name)
  expect(((await error) as [NodeJS.ErrnoException])[0].code).toBe('ECONNRESET')
}
for (const name of ['tcp.stall', 'tcp.blackhole'])
  belowMqtt[name] = async () => {
    const client = await stage.connected()
    stage.arm(name, example(name))
    client.send({ cmd: 'pingreq' })
    await fence()
    expect([client.closed, client.received.filter(({ cmd }) => cmd === 'pingresp')]).toEqual([false, []])
  }
belowMqtt['tcp.cut'] = async (name) => {
  const client = await stage.connected()
  stage.arm(name, { bytes: 3 })
  client.send({ cmd: 'pingreq' }, { cmd: 'pingreq' })
  await client.closing()
  // Two bytes are a PINGRESP, the third is half of the next.
  expect(client.received.filter(({ cmd }) => cmd === 'pingresp')).toHaveLength(1)
}
belowMqtt['tcp.half_close'] = async (name) => {
  await stage.connected()
  const end = once(stage.socket, 'end')
  stage.arm(name)
  await end
}
belowMqtt['tcp.split'] = async (name) => {
  const client = await stage.connected()
  const chunks: number[] = []
  stage.socket.on('data', (chunk: Buffer) => chunks.push(chunk.length))
  stage.arm(name)
  client.send({ cmd: 'pingreq' })
  await client.take('pingresp')
  expect(chunks).toEqual([1, 1])
}
for (const [name, parameters] of [
  ['tcp.slow', { bytesPerSecond: 1 }],
  ['tcp.delay', { seconds: 2 }],
] as const)
  belowMqtt[name] = async () => {
    const client = await stage.connected()
    stage.arm(name, parameters)
    client.send({ cmd: 'pingreq' })
    await stage.sent('pingresp')
    await fence()
    expect(client.received.at(-1)?.cmd).toBe('connack')
    stage.clock.advance(2_000)
    await client.take('pingresp')
  }
belowMqtt['tcp.coalesce'] = async (name) => {
  const client = await stage.connected()
  const chunks: number[] = []
  stage.socket.on('data', (chunk: Buffer) => chunks.push(chunk.length))
  stage.arm(name, { seconds: 2 })
  client.send({ cmd: 'pingreq' })
  await stage.sent('pingresp')
  client.send({ cmd: 'pingreq' })
  await stage.sent('pingresp', 2)
  stage.clock.advance(2_000)
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
  belowMqtt[`tls.${effect}`] = async (name) => {
    stage.arm(name)
    expect(await stage.handshake()).toMatch(code)
    expect(await stage.handshake()).toBe('secure')
  }
belowMqtt['tls.cipher_allowlist'] = async (name) => {
  stage.arm(name, { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })
  expect(await stage.handshake()).toBe('secure')
  expect(stage.socket.getCipher().name).toBe('ECDHE-ECDSA-AES256-GCM-SHA384')
}
belowMqtt['tls.no_resumption'] = async (name) => {
  const first = stage.dial()
  const [session] = (await once(first, 'session')) as [Buffer]
  stage.arm(name)
  expect(await stage.handshake({ session })).toBe('secure')
  expect(stage.socket.isSessionReused()).toBe(false)
  expect(await stage.handshake({ session })).toBe('secure')
  expect(stage.socket.isSessionReused()).toBe(true)
}
belowMqtt['tls.require_client_cert'] = async (name) => {
  stage.arm(name)
  // TLS 1.3 tells the client after its own handshake is over.
  const socket = stage.dial({ maxVersion: 'TLSv1.2' })
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toMatch(/HANDSHAKE_FAILURE|ALERT|ECONNRESET/)
}
belowMqtt['tls.stall'] = async (name) => {
  stage.arm(name)
  const socket = stage.dial()
  let secure = false
  socket.once('secureConnect', () => (secure = true))
  await once(socket, 'connect')
  await stage.struck(name)
  await fence()
  expect([secure, socket.destroyed]).toEqual([false, false])
}
