import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Received, RawClient } from '../testing/raw-client.ts'
import { TestServer } from '../testing/test-server.ts'
import type { SystemProperties } from '../../core/contract/message.ts'

const d1 = { deviceId: 'd1' }
const m1 = { deviceId: 'd1', moduleId: 'm1' }
const EVENTS = 'devices/d1/messages/events'

let server: TestServer
beforeEach(async () => {
  server = await TestServer.open()
  server.device('d1')
  server.device('d2')
  server.module('d1', 'm1')
})
afterEach(() => server.stop())

function publish(client: RawClient, topic: string, payload: string | Buffer = '', messageId?: number): void {
  const common = { cmd: 'publish' as const, topic, payload, dup: false, retain: false }
  client.send(messageId === undefined ? { ...common, qos: 0 } : { ...common, qos: 1, messageId })
}

async function subscribed(client: RawClient, topic: string, qos: 0 | 1 = 1): Promise<void> {
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] })
  await client.take('suback')
}

describe('device to cloud', () => {
  test.each([
    ['WIRE-D2C-01', `${EVENTS}/`],
    ['WIRE-D2C-02', EVENTS],
  ])('%s: %s is stored, then acknowledged', async (_id, topic) => {
    const client = await server.connected(d1)
    publish(client, topic, 'hello', 5)
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 5 })
    expect(server.hub.telemetry.messages).toHaveLength(1)
    expect(server.hub.telemetry.messages[0]).toMatchObject({ body: Buffer.from('hello'), deviceId: 'd1' })
  })

  test('WIRE-D2C-03 to WIRE-D2C-12: the property bag', async () => {
    const client = await server.connected(d1)
    const bag = '?a%20b=x%26y&n&e=&%24.mid=m&$.cid=c&%24.ct=application%2Fjson&%24.sub=t&%24.on=o/'
    publish(client, `${EVENTS}/${bag}`, 'x', 1)
    await client.take('puback')
    const message = server.hub.telemetry.messages[0]
    expect(message?.properties).toEqual({ '?a b': 'x&y', n: '', e: '' })
    expect(message?.system).toMatchObject({
      messageId: 'm',
      correlationId: 'c',
      contentType: 'application/json',
      componentName: 't',
      outputName: 'o',
    })
  })

  test('each message has its own properties', async () => {
    const client = await server.connected(d1)
    for (const [index, bag] of ['a=1', 'a=1', 'a=2', '', 'a=1'].entries())
      publish(client, `${EVENTS}/${bag}`, '', index + 1)
    await client.settled()
    expect(server.hub.telemetry.messages.map(({ properties }) => properties)).toEqual([
      { a: '1' },
      { a: '1' },
      { a: '2' },
      {},
      { a: '1' },
    ])
  })

  test('WIRE-D2C-17: QoS 0 is stored and not acknowledged', async () => {
    const client = await server.connected(d1)
    publish(client, `${EVENTS}/`, 'x')
    expect(await client.settled()).toEqual([])
    expect(server.hub.telemetry.messages).toHaveLength(1)
  })

  test('WIRE-D2C-18: an empty payload is stored', async () => {
    const client = await server.connected(d1)
    publish(client, `${EVENTS}/`, '', 1)
    await client.take('puback')
    expect(server.hub.telemetry.messages[0]?.body).toHaveLength(0)
  })

  test('a thousand messages in one write are stored and acknowledged in order', async () => {
    const client = await server.connected(d1)
    const packets = Array.from({ length: 1000 }, (_, index) => ({
      cmd: 'publish' as const,
      topic: `${EVENTS}/n=${index}`,
      payload: String(index),
      qos: 1 as const,
      messageId: index + 1,
      dup: false,
      retain: false,
    }))
    client.send(...packets)
    for (let id = 1; id <= 1000; id++)
      expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: id })
    expect(server.hub.telemetry.messages.map(({ body }) => body.toString())).toEqual(
      packets.map(({ payload }) => payload),
    )
  })

  test.each([
    ['WIRE-D2C-15', 'devices/d2/messages/events/'],
    ['WIRE-D2C-15', 'devices/d1/modules/m1/messages/events/'],
    ['WIRE-D2C-16', 'devices/d1/messages/eventsX'],
    ['WIRE-D2C-16', 'a/b'],
    ['WIRE-D2C-16', '$SYS/x'],
    ['WIRE-D2C-16', '$iothub/twin/res/200/?$rid=1'],
  ])('%s: publishing to %s closes', async (rule, topic) => {
    const client = await server.connected(d1)
    publish(client, `${EVENTS}/`, 'before', 1)
    publish(client, topic, 'x', 2)
    await client.closing()
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack', 'puback'])
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe(rule)
    expect(server.hub.telemetry.messages).toHaveLength(1)
  })

  test.each(['a=b=c', 'a=b&', '=b'])('WIRE-D2C-21: the malformed bag %s closes', async (bag) => {
    const client = await server.connected(d1)
    publish(client, `${EVENTS}/a=1`, '', 1)
    publish(client, `${EVENTS}/${bag}`, '', 2)
    await client.closing()
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-D2C-21')
    expect(server.hub.telemetry.messages).toHaveLength(1)
  })

  test('WIRE-MOD-01: a module publishes to its own topic', async () => {
    const client = await server.connected(m1)
    publish(client, 'devices/d1/modules/m1/messages/events/a=b/', 'x', 1)
    await client.take('puback')
    expect(server.hub.telemetry.messages[0]).toMatchObject({
      deviceId: 'd1',
      moduleId: 'm1',
      properties: { a: 'b' },
    })
  })
})

describe('cloud to device', () => {
  const send = (text: string, system: SystemProperties = {}): void => {
    server.hub.c2d.send(d1, { body: Buffer.from(text), system, properties: { p: 'ä b', n: null, e: '' } })
  }
  const payloadOf = (packet: Received): string => String(packet.payload)

  test('WIRE-C2D-01 WIRE-C2D-03 WIRE-C2D-04 WIRE-C2D-08: topic and bag', async () => {
    const client = await server.connected(d1)
    await subscribed(client, 'devices/d1/messages/devicebound/#')
    send('hello', { messageId: 'm 1', ack: 'full' })
    const packet = await client.next()
    expect(packet).toMatchObject({ cmd: 'publish', qos: 1, dup: false, payload: Buffer.from('hello') })
    const [topic, bag = ''] = (packet.topic ?? '').split('/devicebound/')
    expect(topic).toBe('devices/d1/messages')
    const elements = bag.split('&')
    expect(elements).toContain('%24.mid=m%201')
    expect(elements).toContain('%24.to=%2Fdevices%2Fd1%2Fmessages%2Fdevicebound')
    expect(elements).toContain('iothub-ack=full')
    expect(elements).toContain('p=%C3%A4%20b')
    expect(elements.slice(-2)).toEqual(['n', 'e='])
  })

  test('WIRE-C2D-23: a module gets messages of its own', async () => {
    const client = await server.connected(m1)
    await subscribed(client, 'devices/d1/modules/m1/messages/devicebound/#')
    send('for the device')
    server.hub.c2d.send(m1, { body: Buffer.from('for the module'), system: {}, properties: {} })
    const packet = await client.next()
    expect(payloadOf(packet)).toBe('for the module')
    expect(packet.topic).toBe(
      'devices/d1/modules/m1/messages/devicebound/%24.to=%2Fdevices%2Fd1%2Fmodules%2Fm1%2Fmessages%2Fdevicebound',
    )
    expect(await client.settled()).toEqual([])
  })

  test("WIRE-C2D-04: the service's spelling of `to` is kept", async () => {
    const client = await server.connected(d1)
    await subscribed(client, 'devices/d1/messages/devicebound/#')
    send('x', { to: '/devices/d1/messages/deviceBound' })
    expect((await client.next()).topic).toContain('%24.to=%2Fdevices%2Fd1%2Fmessages%2FdeviceBound')
  })

  test('WIRE-C2D-02: the wildcard filter delivers only the own messages', async () => {
    const client = await server.connected(d1)
    await subscribed(client, 'devices/+/messages/devicebound/#')
    server.hub.c2d.send({ deviceId: 'd2' }, { body: Buffer.from('foreign'), system: {}, properties: {} })
    send('own')
    expect(payloadOf(await client.next())).toBe('own')
    expect(await client.settled()).toEqual([])
  })

  test('WIRE-C2D-09: PUBACK completes', async () => {
    const client = await server.connected(d1)
    await subscribed(client, 'devices/d1/messages/devicebound/#')
    send('x')
    const { messageId = 0 } = await client.next()
    expect(server.hub.c2d.count(d1)).toBe(1)
    client.send({ cmd: 'puback', messageId })
    await client.settled()
    expect(server.hub.c2d.count(d1)).toBe(0)
  })

  test('WIRE-C2D-10: QoS 0 is complete when sent', async () => {
    const client = await server.connected(d1)
    await subscribed(client, 'devices/d1/messages/devicebound/#', 0)
    send('x')
    expect(await client.next()).toMatchObject({ cmd: 'publish', qos: 0 })
    expect(server.hub.c2d.count(d1)).toBe(0)
  })

  test('WIRE-C2D-11: redelivered with DUP when the lock expires', async () => {
    const client = await server.connected(d1)
    await subscribed(client, 'devices/d1/messages/devicebound/#')
    send('x')
    const first = await client.next()
    server.clock.advance(60_000)
    const again = await client.next()
    expect(again).toMatchObject({
      cmd: 'publish',
      dup: true,
      payload: Buffer.from('x'),
      messageId: first.messageId,
    })
    client.send({ cmd: 'puback', messageId: again.messageId ?? 0 })
    await client.settled()
    expect(server.hub.c2d.count(d1)).toBe(0)
  })

  test('WIRE-C2D-11: redelivered with DUP on the next connection', async () => {
    const client = await server.connected(d1, { clean: false })
    await subscribed(client, 'devices/d1/messages/devicebound/#')
    send('w')
    send('x')
    client.send({ cmd: 'puback', messageId: (await client.next()).messageId ?? 0 })
    const { messageId } = await client.next()
    client.drop()
    await server.journal('link-closed')
    const next = await server.connected(d1, { clean: false })
    // With its own packet id [MQTT-4.4.0-1].
    expect(await next.next()).toMatchObject({
      cmd: 'publish',
      dup: true,
      payload: Buffer.from('x'),
      messageId,
    })
    expect(messageId).toBe(2)
  })

  test('a message whose properties no topic can hold is rejected, and the next one arrives', async () => {
    const client = await server.connected(d1)
    await subscribed(client, 'devices/d1/messages/devicebound/#')
    const send = (text: string, blanks: number): void => {
      server.hub.c2d.send(d1, {
        body: Buffer.from(text),
        system: { messageId: text, ack: 'negative' },
        properties: { blanks: ' '.repeat(blanks) },
      })
    }
    send('long', 30_000)
    send('short', 1)
    expect(await client.take('publish')).toMatchObject({ payload: Buffer.from('short') })
    expect(server.hub.c2d.count(d1)).toBe(1)
    expect(server.hub.lastRefusals).toMatchObject([{ explanation: { rule: 'MQTT-1.5.3' } }])
    server.clock.advance(16_000)
    expect(server.hub.feedback.receive()?.item).toMatchObject([
      { originalMessageId: 'long', statusCode: 'Rejected' },
    ])
  })

  test('WIRE-C2D-12: PUBREC, PUBREL and PUBCOMP close', async () => {
    const client = await server.connected(d1)
    await subscribed(client, 'devices/d1/messages/devicebound/#')
    send('x')
    const { messageId = 0 } = await client.next()
    client.send({ cmd: 'pubrec', messageId })
    await client.closing()
    expect(server.hub.c2d.count(d1)).toBe(1)
  })

  test('WIRE-C2D-20 WIRE-SESS-18: in order, sixteen at a time', async () => {
    const client = await server.connected(d1)
    await subscribed(client, 'devices/d1/messages/devicebound/#')
    for (let index = 0; index < 20; index++) send(String(index))
    const first = (await client.settled()).filter(({ cmd }) => cmd === 'publish')
    expect(first.map(payloadOf)).toEqual(Array.from({ length: 16 }, (_, index) => String(index)))
    client.send({ cmd: 'puback', messageId: first[0]?.messageId ?? 0 })
    expect((await client.settled()).map(payloadOf)).toEqual(['16'])
  })

  test('a PUBACK with an unknown packet id is ignored', async () => {
    const client = await server.connected(d1)
    client.send({ cmd: 'puback', messageId: 77 })
    expect(await client.settled()).toEqual([])
  })
})
