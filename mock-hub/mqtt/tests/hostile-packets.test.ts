import mqttPacket from 'mqtt-packet'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RawClient } from '../testing/raw-client.ts'
import { TestServer } from '../testing/test-server.ts'

const d1 = { deviceId: 'd1' }
let server: TestServer
beforeEach(async () => {
  server = await TestServer.open()
  for (const deviceId of ['d1', 'd2']) server.device(deviceId)
})
afterEach(() => server.stop())

/** A packet with this first byte and the right remaining length. */
const raw = (first: number, ...parts: (Buffer | string | number[])[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as Buffer)))
  return Buffer.concat([Buffer.from([first, body.length]), body])
}
/** A string as MQTT encodes it: two bytes of length before it. */
const text = (value: Buffer | string): Buffer => {
  const bytes = Buffer.from(value as Buffer)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}
const EVENTS = 'devices/d1/messages/events/'
const FILTER = text('$iothub/twin/res/#')
const ID = [0, 7]

/** The connection is closed without a packet and the journal says why; nothing was stored. */
async function expectHarmless(client: RawClient, answers: readonly string[]): Promise<void> {
  await client.closing()
  expect(client.received.map(({ cmd }) => cmd)).toEqual(answers)
  expect(server.hub.lastRefusals).toHaveLength(1)
  const { explanation } = server.hub.lastRefusals[0]!
  expect(explanation.rule).not.toBe('internal')
  for (const part of [explanation.expected, explanation.received, explanation.source])
    expect(part).not.toBe('')
  expect(server.hub.telemetry.messages).toEqual([])
}

describe('invalid packets after CONNACK', () => {
  test.each<[string, Buffer]>([
    ['packet type 0', raw(0x00)],
    ['packet type 15', raw(0xf0)],
    ['WIRE-CONN-25: CONNECT', mqttPacket.generate({ cmd: 'connect', clientId: 'd1', protocolId: 'MQTT' })],
    ['CONNACK', raw(0x20, [0, 0])],
    ['SUBACK', raw(0x90, ID, [1])],
    ['UNSUBACK', raw(0xb0, ID)],
    ['PINGRESP', raw(0xd0)],
    ['WIRE-C2D-12: PUBREC', raw(0x50, ID)],
    ['WIRE-C2D-12: PUBREL', raw(0x62, ID)],
    ['WIRE-C2D-12: PUBCOMP', raw(0x70, ID)],
    ['SUBSCRIBE with other flags', raw(0x80, ID, FILTER, [1])],
    ['SUBSCRIBE with packet id 0', raw(0x82, [0, 0], FILTER, [1])],
    ['SUBSCRIBE without a filter', raw(0x82, ID)],
    ['SUBSCRIBE with a filter and no QoS', raw(0x82, ID, FILTER)],
    ['SUBSCRIBE with QoS 3', raw(0x82, ID, FILTER, [3])],
    ['SUBSCRIBE with reserved bits', raw(0x82, ID, FILTER, [0x81])],
    ['WIRE-SESS-14: SUBSCRIBE to nothing', raw(0x82, ID, text(''), [1])],
    ['WIRE-SESS-14: SUBSCRIBE to everything', raw(0x82, ID, text('#'), [1])],
    ['UNSUBSCRIBE with other flags', raw(0xa0, ID, FILTER)],
    ['UNSUBSCRIBE with packet id 0', raw(0xa2, [0, 0], FILTER)],
    ['UNSUBSCRIBE without a filter', raw(0xa2, ID)],
    ['WIRE-SESS-11: PUBLISH with QoS 2', raw(0x34, text(EVENTS), ID)],
    ['PUBLISH with QoS 3', raw(0x36, text(EVENTS), ID)],
    ['PUBLISH with packet id 0', raw(0x32, text(EVENTS), [0, 0])],
    ['PUBLISH with QoS 1 and no packet id', raw(0x32, text(EVENTS))],
    ['PUBLISH shorter than its topic', raw(0x30, [0, 40], EVENTS)],
    ['PUBLISH without a topic', raw(0x30)],
    ['WIRE-D2C-16: PUBLISH to the empty topic', raw(0x30, text(''))],
    ['PUBLISH to a topic that is not UTF-8', raw(0x30, text(Buffer.from([...Buffer.from(EVENTS), 0xff])))],
    [
      'a request on a topic that is not UTF-8',
      raw(0x30, text(Buffer.from('$iothub/twin/GET/?$rid=\xff', 'latin1'))),
    ],
    ['WIRE-SESS-24: PUBLISH to a filter', raw(0x30, text('devices/+/messages/events/'))],
    ['WIRE-SESS-24: PUBLISH with # in a property', raw(0x30, text(`${EVENTS}a=#1`))],
    ['WIRE-SESS-24: PUBLISH with + in a property', raw(0x30, text(`${EVENTS}a=1+2`))],
    ['WIRE-SESS-24: PUBLISH with U+0000 in its topic', raw(0x30, text(`${EVENTS}a=\u0000`))],
    ['WIRE-SESS-24: a request with a wildcard', raw(0x30, text('$iothub/twin/GET/?$rid=+'))],
    ['PUBLISH with QoS 0 and DUP', raw(0x38, text(EVENTS))],
    ['SUBSCRIBE to a filter that is none', raw(0x82, ID, text('$iothub/twin/#/x'), [1])],
    ['PUBACK with other flags', raw(0x41, ID)],
    ['PUBACK without a packet id', raw(0x40)],
    ['PUBACK with more than a packet id', raw(0x40, ID, [1])],
    ['PINGREQ with other flags', raw(0xc1)],
    ['PINGREQ with a payload', raw(0xc0, [1])],
    ['DISCONNECT with a payload', raw(0xe0, [1])],
    ['SUBSCRIBE with half a packet id', raw(0x82, [7])],
    ['UNSUBSCRIBE with half a packet id', raw(0xa2, [7])],
    ['DISCONNECT with other flags', raw(0xe1)],
    ['a remaining length of five bytes', Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])],
    ['WIRE-SESS-23: a packet said to be of 256 MB', Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])],
  ])('%s closes its own connection and no other', async (_what, bytes) => {
    const other = await server.connected({ deviceId: 'd2' })
    const client = await server.connected(d1)
    client.send(bytes)
    await expectHarmless(client, ['connack'])
    expect(other.closed).toBe(false)
    await server.connected(d1)
  })
})

describe('invalid CONNECT packets', () => {
  const flags = (value: number, ...rest: Buffer[]): Buffer =>
    raw(0x10, text('MQTT'), [4, value, 0, 60], text('d1'), ...rest)
  test.each<[string, Buffer, number | undefined]>([
    ['WIRE-CONN-23: of MQTT 3.1', raw(0x10, text('MQIsdp'), [3, 2, 0, 60], text('d1')), 1],
    ['WIRE-CONN-23: of MQTT 5', raw(0x10, text('MQTT'), [5, 2, 0, 60], [0], text('d1')), 1],
    ['WIRE-CONN-23: of no protocol', raw(0x10, text(''), [4, 2, 0, 60], text('d1')), 1],
    ['WIRE-CONN-21: without a user name', flags(0x02), 5],
    ['of nothing', raw(0x10), undefined],
    ['cut off behind its protocol', raw(0x10, text('MQTT')), undefined],
    ['cut off behind its flags', raw(0x10, text('MQTT'), [4, 2]), undefined],
    ['cut off in its client id', raw(0x10, text('MQTT'), [4, 2, 0, 60], [0, 9]), undefined],
    ['without its client id', raw(0x10, text('MQTT'), [4, 2, 0, 60]), undefined],
    ['with other header flags', raw(0x11, text('MQTT'), [4, 2, 0, 60], text('d1')), undefined],
    ['with the reserved flag', flags(0x03), undefined],
    ['with a will QoS and no will', flags(0x0a), undefined],
    ['with a will to be retained and no will', flags(0x22), undefined],
    ['with a will of QoS 3', flags(0x1e, text(EVENTS), text('x')), undefined],
    ['with a will and nothing of it', flags(0x06), undefined],
    ['with a password and no user name', flags(0x42, text('x')), undefined],
    ['with a user name that is not there', flags(0x82), undefined],
  ])('%s', async (_what, bytes, code) => {
    const client = server.open()
    client.send(bytes)
    await expectHarmless(client, code === undefined ? [] : ['connack'])
    if (code !== undefined) expect(client.received[0]?.returnCode).toBe(code)
    await server.connected(d1)
  })

  test('WIRE-CONN-24: any other first packet closes', async () => {
    for (const bytes of [raw(0xc0), raw(0xe0), raw(0x82, ID, FILTER, [1]), raw(0xf0)]) {
      const client = server.open()
      client.send(bytes)
      await client.closing()
      expect(client.received).toEqual([])
    }
  })
})

test('packets that arrive byte by byte are handled', async () => {
  const client = await server.connected(d1)
  const bytes = Buffer.concat([raw(0x32, text(EVENTS), ID, 'hello'), raw(0xc0)])
  for (const byte of bytes) client.send(Buffer.from([byte]))
  expect((await client.next()).cmd).toBe('puback')
  expect((await client.next()).cmd).toBe('pingresp')
  expect(server.hub.telemetry.messages.map(({ body }) => body.toString())).toEqual(['hello'])
})

test('nothing is handled after a packet that closes the connection', async () => {
  const client = await server.connected(d1)
  client.send(raw(0x34, text(EVENTS), ID), raw(0x30, text(EVENTS), 'late'), raw(0xc0))
  await expectHarmless(client, ['connack'])
})
