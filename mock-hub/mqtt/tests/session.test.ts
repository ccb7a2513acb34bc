import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RawClient } from '../testing/raw-client.ts'
import { TestServer } from '../testing/test-server.ts'

const d1 = { deviceId: 'd1' }
const C2D = 'devices/d1/messages/devicebound/#'
const EVENTS = 'devices/d1/messages/events/'
const FIVE = [
  C2D,
  '$iothub/twin/res/#',
  '$iothub/twin/PATCH/properties/desired/#',
  '$iothub/methods/POST/#',
  '$iothub/methods/POST/one/#',
]

let server: TestServer
beforeEach(async () => {
  server = await TestServer.open()
  server.device('d1')
})
afterEach(() => server.stop())

type Qos = 0 | 1 | 2
let packetId = 100
function subscribe(client: RawClient, ...filters: (string | [string, Qos])[]): void {
  const subscriptions = filters.map((filter) =>
    typeof filter === 'string' ? { topic: filter, qos: 1 as const } : { topic: filter[0], qos: filter[1] },
  )
  client.send({ cmd: 'subscribe', messageId: ++packetId, subscriptions })
}

function sendC2d(text: string): void {
  server.hub.c2d.send(d1, { body: Buffer.from(text), system: {}, properties: {} })
}

describe('stored sessions', () => {
  test('WIRE-SESS-01 WIRE-SESS-02 WIRE-SESS-03: subscriptions are kept, queued messages come right after CONNACK', async () => {
    const first = server.dial(d1, { clean: false })
    expect(await first.next()).toMatchObject({ returnCode: 0, sessionPresent: false })
    subscribe(first, C2D)
    await first.take('suback')
    first.drop()
    await server.journal('link-closed')
    sendC2d('while away')

    const second = server.dial(d1, { clean: false })
    second.send({ cmd: 'pingreq' })
    expect(await second.next()).toMatchObject({ cmd: 'connack', returnCode: 0, sessionPresent: true })
    expect(await second.next()).toMatchObject({ cmd: 'publish', payload: Buffer.from('while away'), qos: 1 })
    expect(await second.next()).toMatchObject({ cmd: 'pingresp' })
  })

  test('WIRE-SESS-04 WIRE-SESS-06: a clean session discards subscriptions; what was sent before the next one is rejected', async () => {
    const first = await server.connected(d1, { clean: false })
    subscribe(first, C2D)
    await first.take('suback')
    first.drop()
    await server.journal('link-closed')
    sendC2d('gone')
    server.clock.advance(1)
    const second = server.dial(d1, { clean: true })
    expect(await second.next()).toMatchObject({ returnCode: 0, sessionPresent: false })
    expect(await second.settled()).toEqual([])
    expect(server.hub.c2d.count(d1)).toBe(1)
    subscribe(second, C2D)
    expect((await second.next()).cmd).toBe('suback')
    sendC2d('next')
    expect(await second.next()).toMatchObject({ cmd: 'publish', payload: Buffer.from('next') })
    expect(server.hub.c2d.count(d1)).toBe(1)
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-SESS-06')
  })

  test('WIRE-SESS-06: subscribing again rejects nothing, unsubscribing and subscribing does', async () => {
    const first = await server.connected(d1, { clean: false })
    subscribe(first, C2D)
    await first.take('suback')
    first.drop()
    await server.journal('link-closed')
    server.clock.advance(1)
    sendC2d('kept')
    server.clock.advance(1)
    const second = await server.connected(d1, { clean: false })
    subscribe(second, C2D)
    const publish = await second.take('publish')
    expect(publish.payload).toEqual(Buffer.from('kept'))
    second.send({ cmd: 'puback', messageId: publish.messageId ?? 0 })
    second.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: [C2D] })
    await second.take('unsuback')
    second.send({ cmd: 'disconnect' })
    await second.closing()
    sendC2d('gone')
    server.clock.advance(1)
    const third = await server.connected(d1, { clean: false })
    subscribe(third, C2D)
    await third.take('suback')
    sendC2d('next')
    expect(await third.take('publish')).toMatchObject({ payload: Buffer.from('next') })
  })

  test('WIRE-SESS-06: with c2dBeforeSubscription a message waits for the first subscription', async () => {
    const lenient = await TestServer.open({ c2dBeforeSubscription: true })
    lenient.device('d1')
    lenient.hub.c2d.send(d1, { body: Buffer.from('first'), system: {}, properties: {} })
    lenient.clock.advance(1)
    const client = await lenient.connected(d1)
    subscribe(client, C2D)
    expect(await client.take('publish')).toMatchObject({ payload: Buffer.from('first') })
    await lenient.stop()
  })

  test('WIRE-SESS-05: a clean session empties the queue if cleanSessionPurgesC2d is set', async () => {
    const strict = await TestServer.open({ cleanSessionPurgesC2d: true })
    strict.device('d1')
    strict.hub.c2d.send(d1, { body: Buffer.from('x'), system: {}, properties: {} })
    await strict.connected(d1, { clean: true })
    expect(strict.hub.c2d.count(d1)).toBe(0)
    await strict.stop()
  })

  test('WIRE-SESS-02: the session of a deleted device is gone with it', async () => {
    const first = await server.connected(d1, { clean: false })
    subscribe(first, C2D)
    await first.take('suback')
    server.hub.registry.remove(d1, '*')
    await first.closing()
    server.device('d1')
    expect(await server.dial(d1, { clean: false }).next()).toMatchObject({
      returnCode: 0,
      sessionPresent: false,
    })
  })
})

describe('keep-alive', () => {
  test('WIRE-SESS-07 WIRE-SESS-10: 1.5 times the keep-alive, any packet counts', async () => {
    const client = await server.connected(d1, { keepalive: 60 })
    server.clock.advance(89_000)
    expect(await client.settled()).toEqual([])
    server.clock.advance(89_000)
    client.send({
      cmd: 'publish',
      topic: EVENTS,
      payload: '',
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    })
    await client.take('puback')
    server.clock.advance(89_999)
    expect(server.mqtt.connections).toBe(1)
    server.clock.advance(1)
    await client.closing()
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-SESS-07')
  })

  test.each([
    ['WIRE-SESS-08', 65_535],
    ['WIRE-SESS-09', 0],
  ])('%s: keep-alive %i ends at 1767 s', async (_id, keepalive) => {
    const password = Buffer.from(server.token(d1, 2_000_000_000))
    const client = await server.connected(d1, { keepalive, password })
    server.clock.advance(1_766_999)
    expect(server.mqtt.connections).toBe(1)
    server.clock.advance(1)
    await client.closing()
  })
})

test('WIRE-THR-01: a connection above the rate gets 3, and the live one stays', async () => {
  await server.stop()
  server = await TestServer.open({ tier: 'S1' })
  server.device('d1')
  const first = await server.connected(d1)
  for (let n = 0; n < 99; n++) server.hub.throttle.take('connect', 0)
  expect(await server.dial(d1).next()).toMatchObject({ cmd: 'connack', returnCode: 3 })
  expect(await first.settled()).toEqual([])
  server.clock.advance(1_000)
  await server.connected(d1)
  await first.closing()
})

describe('subscriptions', () => {
  test('WIRE-SESS-12 WIRE-SESS-13 WIRE-SESS-15: each filter is granted what it asked, at most 1', async () => {
    const client = await server.connected(d1)
    subscribe(client, [C2D, 2], ['$iothub/twin/res/#', 0], ['$iothub/methods/POST/#', 1])
    expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [1, 0, 1], messageId: packetId })
  })

  test('a filter that one packet names twice is granted twice', async () => {
    const client = await server.connected(d1)
    subscribe(client, [C2D, 0], [C2D, 1])
    expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [0, 1] })
  })

  test.each(['#', 'devices/d2/messages/devicebound/#', '$SYS/#', '$iothub/#'])(
    'WIRE-SESS-14: %s closes',
    async (filter) => {
      const client = await server.connected(d1)
      subscribe(client, filter)
      await client.closing()
      expect(client.received).toHaveLength(1)
      expect(server.hub.lastRefusals[0]?.explanation).toMatchObject({
        rule: 'WIRE-SESS-14',
        received: `filter "${filter}"`,
      })
    },
  )

  test('WIRE-SESS-16: five filters are accepted, the sixth closes', async () => {
    const client = await server.connected(d1)
    subscribe(client, ...FIVE)
    expect((await client.next()).granted).toHaveLength(5)
    subscribe(client, C2D)
    await client.take('suback')
    subscribe(client, '$iothub/methods/POST/two/#')
    await client.closing()
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-SESS-16')
  })

  test('WIRE-SESS-16: the sixth is only logged if closeOnSixthSubscription is off', async () => {
    const lenient = await TestServer.open({ closeOnSixthSubscription: false })
    lenient.device('d1')
    const client = await lenient.connected(d1)
    subscribe(client, ...FIVE, '$iothub/methods/POST/two/#')
    expect((await client.next()).granted).toHaveLength(6)
    await lenient.stop()
  })

  test('WIRE-SESS-17: UNSUBSCRIBE stops deliveries and keeps the messages', async () => {
    const client = await server.connected(d1)
    subscribe(client, C2D)
    await client.take('suback')
    client.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: [C2D, 'never/subscribed'] })
    expect(await client.next()).toMatchObject({ cmd: 'unsuback', messageId: 9 })
    sendC2d('waits')
    expect(await client.settled()).toEqual([])
    expect(server.hub.c2d.count(d1)).toBe(1)
  })

  test('MQTT-3.10.4-4: a filter that is not subscribed to is acknowledged, however deep', async () => {
    const client = await server.connected(d1)
    client.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: ['a/'.repeat(150), '+/a', 'a/#'] })
    expect(await client.next()).toMatchObject({ cmd: 'unsuback', messageId: 9 })
  })

  test.each(['', 'a/#/b', 'a#', 'a+/b'])(
    'MQTT-4.7.1: UNSUBSCRIBE with the filter %j closes',
    async (filter) => {
      const client = await server.connected(d1)
      client.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: [filter] })
      await client.closing()
      expect(server.hub.lastRefusals[0]?.explanation).toMatchObject({
        rule: 'MQTT-4.8.0-1',
        received: `UNSUBSCRIBE with the topic filter ${JSON.stringify(filter)}`,
      })
    },
  )
})

describe('publishing', () => {
  test('WIRE-SESS-11: QoS 2 closes', async () => {
    const client = await server.connected(d1)
    client.send({
      cmd: 'publish',
      topic: EVENTS,
      payload: 'x',
      qos: 2,
      messageId: 1,
      dup: false,
      retain: false,
    })
    await client.closing()
    expect(client.received).toHaveLength(1)
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-SESS-11')
    expect(server.hub.telemetry.messages).toEqual([])
  })

  test('WIRE-SESS-11: QoS 2 is handled as QoS 1 with qos2Acknowledged', async () => {
    const other = await TestServer.open({ qos2Acknowledged: true })
    other.device('d1')
    try {
      const client = await other.connected(d1)
      const packet = { cmd: 'publish', topic: EVENTS, payload: 'x', dup: false, retain: false } as const
      client.send({ ...packet, qos: 2, messageId: 7 })
      expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
      expect(other.hub.telemetry.messages).toHaveLength(1)
    } finally {
      await other.stop()
    }
  })

  test('WIRE-SESS-21: RETAIN becomes a property', async () => {
    const client = await server.connected(d1)
    client.send({ cmd: 'publish', topic: `${EVENTS}a=b`, payload: 'x', qos: 0, dup: false, retain: true })
    await client.settled()
    expect(server.hub.telemetry.messages[0]?.properties).toEqual({ a: 'b', 'mqtt-retain': 'true' })
  })

  test('WIRE-SESS-22: DUP is acknowledged again', async () => {
    const client = await server.connected(d1)
    for (const dup of [false, true]) {
      client.send({ cmd: 'publish', topic: EVENTS, payload: 'x', qos: 1, messageId: 7, dup, retain: false })
      expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
    }
  })

  test('WIRE-SESS-23: more than 256 KB closes, as soon as the fixed header has arrived', async () => {
    const client = await server.connected(d1)
    const payload = Buffer.alloc(262_144)
    client.send({ cmd: 'publish', topic: EVENTS, payload, qos: 1, messageId: 1, dup: false, retain: false })
    expect(await client.next()).toMatchObject({ cmd: 'puback' })
    client.send(Buffer.from([0x32, 0xe0, 0xa7, 0x12])) // announces 300,000 bytes
    await client.closing()
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-SESS-23')
  })

  test('WIRE-SESS-23: one byte above 256 KB closes', async () => {
    const client = await server.connected(d1)
    const payload = Buffer.alloc(262_145)
    client.send({ cmd: 'publish', topic: EVENTS, payload, qos: 1, messageId: 1, dup: false, retain: false })
    await client.closing()
    expect(client.received).toHaveLength(1)
  })

  test.each([
    ['PUBREL', [0x62, 2, 0, 1]],
    ['CONNACK', [0x20, 2, 0, 0]],
    ['AUTH', [0xf0, 0]],
    ['SUBSCRIBE without filter', [0x82, 2, 0, 1]],
    ['SUBSCRIBE with wrong flags', [0x80, 6, 0, 1, 0, 1, 0x61, 0]],
    ['SUBSCRIBE with packet id 0', [0x82, 6, 0, 0, 0, 1, 0x61, 0]],
    ['PUBLISH with packet id 0', [0x32, 5, 0, 1, 0x61, 0, 0]],
    ['PUBLISH with QoS 3', [0x36, 5, 0, 1, 0x61, 0, 1]],
    ['PUBLISH shorter than its topic', [0x30, 3, 0, 9, 0x61]],
    ['a remaining length without end', [0x30, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ])('MQTT: %s closes', async (_what, bytes) => {
    const client = await server.connected(d1)
    client.send(Buffer.from(bytes))
    await client.closing()
    expect(client.received).toHaveLength(1)
    expect(server.hub.lastRefusals).toHaveLength(1)
  })
})

describe('wills', () => {
  const will = (topic: string): object => ({
    will: { topic, payload: Buffer.from('bye'), qos: 1, retain: false },
  })

  test.each(['devices/d2/messages/events/', 'tele/d1/LWT', C2D, '$iothub/twin/GET/?$rid=1'])(
    'WIRE-SESS-19: a will on %s connects, and is dropped when the connection is lost',
    async (topic) => {
      const client = await server.connected(d1, will(topic))
      client.drop()
      await server.hub.journal.until(({ type }) => type === 'link-closed')
      expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-SESS-19')
      expect(server.hub.telemetry.messages).toEqual([])
    },
  )

  test('WIRE-SESS-19: a foreign will refuses CONNECT with foreignWillRefusesConnect', async () => {
    const other = await TestServer.open({ foreignWillRefusesConnect: true })
    other.device('d1')
    try {
      expect(await other.dial(d1, will('tele/d1/LWT')).next()).toMatchObject({
        cmd: 'connack',
        returnCode: 5,
      })
      expect(other.hub.lastRefusals[0]?.explanation.received).toBe('a will on the topic "tele/d1/LWT"')
    } finally {
      await other.stop()
    }
  })

  test('WIRE-SESS-20: a lost connection publishes the will as telemetry', async () => {
    const client = await server.connected(d1, will(`${EVENTS}a=b`))
    client.drop()
    await server.journal('operation', ({ operation }) => operation === 'telemetry')
    expect(server.hub.telemetry.messages[0]).toMatchObject({
      body: Buffer.from('bye'),
      properties: { a: 'b', 'iothub-MessageType': 'Will' },
    })
  })

  test('WIRE-SESS-20: an exceeded keep-alive publishes the will', async () => {
    await server.connected(d1, { ...will(EVENTS), keepalive: 10 })
    server.clock.advance(15_000)
    await server.journal('operation', ({ operation }) => operation === 'telemetry')
    expect(server.hub.telemetry.messages).toHaveLength(1)
  })
})
