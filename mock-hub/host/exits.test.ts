/** Nothing leaves the hub before what it tells is stored: each exit, with a store that answers when the test says so. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAmqpServer, type AmqpServer } from '../amqp/server.ts'
import { data, dialService } from '../amqp/testing/test-client.ts'
import { afterTurn, ManualClock } from '../base/clock.ts'
import { createControlServer, type ControlServer } from '../control/server.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Services } from '../core/contract/services/services.ts'
import { createHub } from '../core/create-hub.ts'
import { createServices } from '../core/services/create-services.ts'
import { GroupCommits } from '../core/store/group-commits.ts'
import { MemoryStore } from '../core/testing/memory-store.ts'
import { messageOf, primaryKeyOf, signed } from '../core/testing/test-hub.ts'
import { createHttpAdapter, type HttpAdapter } from '../http/server.ts'
import { blobAccess, documentRenderer } from '../http/service/document-renderer.ts'
import { localhostCertificate } from '../http/testing/certificate.ts'
import { policyToken } from '../http/testing/tokens.ts'
import { createMqttServer, type MqttServer } from '../mqtt/server.ts'
import { RawClient } from '../mqtt/testing/raw-client.ts'

const D1 = { deviceId: 'd1' }
let store: MemoryStore
let hub: Hub
let services: Services
let mqtt: MqttServer
let amqp: AmqpServer
let http: HttpAdapter
let control: ControlServer
let clock: ManualClock

beforeEach(async () => {
  store = new MemoryStore()
  const commits = new GroupCommits({
    ...{ store, system: new ManualClock(0) },
    failed: (reason) => {
      throw reason
    },
    say: () => undefined,
  })
  await commits.load()
  clock = new ManualClock()
  hub = createHub({ clock, commits, settings: { hostName: 'localhost' } })
  services = createServices(hub, documentRenderer(hub), blobAccess(undefined))
  mqtt = await createMqttServer(hub)
  amqp = await createAmqpServer(hub)
  http = createHttpAdapter(hub, { services, tls: await localhostCertificate() })
  const about = () => Promise.resolve({})
  control = await createControlServer({ hub, services, about, reset: () => undefined, token: undefined })
  hub.registry.create(D1)
  await commits.committed()
})
afterEach(async () => {
  store.held = false
  await release()
  await mqtt.stop()
  await amqp.stop()
  await control.stop()
  services.stop()
  hub.stop()
})

/** Lets everything happen that waits for no time. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise<void>(afterTurn)
}

/** Everything that waits is stored. */
async function release(): Promise<void> {
  for (let idle = 0; idle < 3; idle++)
    while (store.waits) {
      store.release()
      await turns()
      idle = 0
    }
}

/** A device over MQTT that has connected, and the packets that it has received since. */
async function device(clean = true): Promise<{ client: RawClient; got: () => readonly string[] }> {
  const { client, stream } = RawClient.pair()
  mqtt.accept(stream, { transport: 'mqtt', peer: 'test', certificates: undefined } as never)
  client.connect({
    clientId: 'd1',
    clean,
    username: 'localhost/d1/?api-version=2021-04-12',
    password: Buffer.from(signed('localhost/devices/d1', primaryKeyOf(hub, D1), 4_102_444_800)),
  })
  await turns()
  await release()
  expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
  return { client, got: () => client.received.slice(1).map(({ cmd, topic }) => topic ?? cmd) }
}

/** Nothing comes before it is stored, and it comes then. */
async function waitsFor<T>(got: () => T, nothing: T, something: T): Promise<void> {
  await turns()
  expect([got(), store.waits]).toEqual([nothing, true])
  await release()
  await turns()
  expect(got()).toEqual(something)
}

describe('MQTT', () => {
  test('PUBACK waits for the event', async () => {
    const { client, got } = await device()
    store.held = true
    client.send({ cmd: 'publish', qos: 1, dup: false, retain: false, messageId: 7, ...telemetry() })
    await waitsFor(got, [], ['puback'])
    expect(store.groups.at(-1)?.documents.map(({ kind }) => kind)).toContain('event')
  })

  test('the answer to a reported patch waits for the twin', async () => {
    const { client, got } = await device()
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] })
    await turns()
    store.held = true
    const topic = '$iothub/twin/PATCH/properties/reported/?$rid=1'
    client.send({ cmd: 'publish', qos: 0, dup: false, retain: false, topic, payload: '{"a":1}' })
    await waitsFor(got, ['suback'], ['suback', '$iothub/twin/res/204/?$rid=1&$version=2'])
  })

  test('a desired notification and a message wait for the twin and the delivery', async () => {
    const { client, got } = await device()
    const subscriptions = [
      '$iothub/twin/PATCH/properties/desired/#',
      'devices/d1/messages/devicebound/#',
    ].map((topic) => ({ topic, qos: 1 }) as const)
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions })
    await turns()
    await release()
    store.held = true
    hub.twins.patch(D1, { desired: { a: 1 } }, '*')
    await waitsFor(() => got().length, 1, 2)
    hub.c2d.send(D1, messageOf())
    await waitsFor(() => got().length, 2, 3)
    const c2d = store.groups.at(-1)?.documents.find(({ kind }) => kind === 'c2d')
    expect(JSON.parse(String(c2d?.value))).toMatchObject({ deliveries: 1 })
  })

  test('SUBACK of a session that is kept waits for the session', async () => {
    const { client, got } = await device(false)
    store.held = true
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] })
    await waitsFor(got, [], ['suback'])
  })

  test('a read waits for a write of somebody else', async () => {
    const { client, got } = await device()
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] })
    await turns()
    store.held = true
    hub.registry.create({ deviceId: 'other' })
    await turns()
    client.send({
      ...{ cmd: 'publish', qos: 0, dup: false, retain: false },
      ...{ topic: '$iothub/twin/GET/?$rid=1', payload: '' },
    } as never)
    await waitsFor(got, ['suback'], ['suback', '$iothub/twin/res/200/?$rid=1'])
  })

  test('a connection that the hub closes gets first what was written', async () => {
    const { client, got } = await device()
    store.held = true
    client.send({ cmd: 'publish', qos: 1, dup: false, retain: false, messageId: 7, ...telemetry() })
    client.send({ cmd: 'publish', qos: 2, dup: false, retain: false, messageId: 8, ...telemetry() })
    await waitsFor(got, [], ['puback'])
    await client.closing()
  })
})

describe('AMQP', () => {
  test('accepted waits for the message', async () => {
    const sender = dialService(amqp, hub).open_sender('/messages/devicebound')
    const outcomes: string[] = []
    sender.on('accepted', () => outcomes.push('accepted'))
    await new Promise((resolve) => sender.once('sendable', resolve))
    store.held = true
    sender.send({ to: '/devices/d1/messages/devicebound', body: data('hello') })
    await waitsFor(() => [...outcomes], [], ['accepted'])
  })

  test('an event reaches a reader when it is stored', async () => {
    const receiver = dialService(amqp, hub).open_receiver('localhost/ConsumerGroups/$Default/Partitions/0')
    const bodies: string[] = []
    receiver.on('message', ({ message }) => {
      bodies.push(String((message as { body: { content: Buffer } }).body.content))
    })
    await new Promise((resolve) => receiver.once('receiver_open', resolve))
    await turns()
    await release()
    store.held = true
    // Of the first few devices, one belongs to this partition.
    for (let id = 0; id < 20; id++) hub.telemetry.append(event(`device-${String(id)}`))
    await turns()
    expect(bodies).toEqual([])
    await release()
    await turns()
    expect(bodies.length).toBeGreaterThan(0)
  })
})

describe('HTTPS', () => {
  const call = async (method: string, url: string, payload?: unknown) => {
    const answers: number[] = []
    const app = await http.app()
    void app
      .inject({
        ...{ method: method as 'GET', url: `${url}?api-version=2021-04-12` },
        headers: { authorization: policyToken(hub, 'iothubowner') },
        ...(payload === undefined ? {} : { payload: payload as object }),
      })
      .then(({ statusCode }) => answers.push(statusCode))
    return () => [...answers]
  }

  test('answers to writes wait', async () => {
    const warm = await call('GET', '/devices/d1')
    await turns()
    await release()
    expect(warm()).toEqual([200])
    store.held = true
    const made = await call('PUT', '/devices/d2', { deviceId: 'd2' })
    await waitsFor(made, [], [200])
    const sent = await call('POST', '/devices/d1/messages/events', 'hello')
    await waitsFor(sent, [], [204])
  })

  test('answers to reads wait for the writes of others', async () => {
    const before = await call('GET', '/devices/d1')
    await turns()
    await release()
    expect(before()).toEqual([200])
    store.held = true
    hub.registry.create({ deviceId: 'other' })
    await turns()
    const read = await call('GET', '/devices/d1')
    await waitsFor(read, [], [200])
  })

  test('refusals wait too: they tell what is there', async () => {
    await call('GET', '/devices/d1')
    await turns()
    store.held = true
    hub.registry.create({ deviceId: 'other' })
    await turns()
    const refused = await call('GET', '/devices/none')
    await waitsFor(refused, [], [404])
  })
})

describe('the control API', () => {
  test('answers and streams wait', async () => {
    const answers: number[] = []
    const stream = await control.app.inject({ url: '/telemetry?follow=true', payloadAsStream: true })
    let streamed = ''
    stream.stream().on('data', (chunk: Buffer) => (streamed += String(chunk)))
    await turns()
    store.held = true
    void control.app
      .inject({ method: 'POST', url: '/devices', payload: { deviceId: 'd2' } })
      .then(({ statusCode }) => answers.push(statusCode))
    hub.telemetry.append(event('d1'))
    await waitsFor(() => [answers.length, streamed.includes('"d1"')], [0, false], [1, true])
    stream.stream().destroy()
  })
})

function telemetry() {
  return { topic: 'devices/d1/messages/events/', payload: 'hello' }
}

function event(deviceId: string): Parameters<Hub['telemetry']['append']>[0] {
  return {
    ...messageOf(),
    ...{ source: 'Telemetry', deviceId, moduleId: undefined, authMethod: undefined },
    ...{ authGenerationId: undefined, modelId: undefined },
  }
}
