/** The third sample of public reports over MQTT and AMQP, made again on this hub (docs/contract/reference/reports.md#reports-third). */

import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeMessage } from '../../amqp/codec/messages.ts'
import { textOf } from '../../amqp/codec/values.ts'
import { eventBytes } from '../../amqp/events/event-message.ts'
import { createAmqpServer, type AmqpServer } from '../../amqp/server.ts'
import {
  data,
  dial,
  dialService,
  outcome,
  putToken,
  received,
  tokenFor,
} from '../../amqp/testing/test-client.ts'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { startEventMessages } from '../../core/events/event-messages.ts'
import { openHub } from '../../core/testing/test-hub.ts'
import type { RawClient } from '../../mqtt/testing/raw-client.ts'
import { TestServer } from '../../mqtt/testing/test-server.ts'

const DEVICE = { deviceId: 'd1' }
const PLACE = { sequenceNumber: 0, offset: 0, enqueuedAt: 0 }

describe('MQTT', () => {
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.open()
    server.device('d1')
  })
  afterEach(() => server.stop())

  const publish = (client: RawClient, topic: string, payload = '', retain = false): void => {
    client.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain })
  }
  async function subscribed(...topics: string[]): Promise<{ client: RawClient; granted: unknown }> {
    const client = await server.connected(DEVICE)
    client.send({
      ...{ cmd: 'subscribe', messageId: 2 },
      subscriptions: topics.map((topic) => ({ topic, qos: 0 })),
    })
    return { client, granted: (await client.take('suback')).granted }
  }

  test('report-freertos-381: two filters are granted as they ask', async () => {
    const { granted } = await subscribed('$iothub/twin/res/#', '$iothub/twin/PATCH/properties/desired/#')
    expect(granted).toEqual([0, 0])
  })

  test('report-azc-1768: a reported patch that is not JSON', async () => {
    const { client } = await subscribed('$iothub/twin/res/#')
    publish(client, '$iothub/twin/PATCH/properties/reported/?$rid=abc', '{"a":')
    expect((await client.take('publish')).topic).toBe('$iothub/twin/res/400/?$rid=abc')
  })

  test('report-azc-2363, report-azc-828: the answer to a read of the twin', async () => {
    server.hub.twins.patchReported(DEVICE, { device_count: 0 })
    const { client } = await subscribed('$iothub/twin/res/#')
    publish(client, '$iothub/twin/GET/?$rid=0')
    const { topic, payload } = await client.take('publish')
    expect(topic).toBe('$iothub/twin/res/200/?$rid=0')
    expect(String(payload)).toBe('{"desired":{"$version":1},"reported":{"device_count":0,"$version":2}}')
  })

  test('report-tasmota-11771: a bag that is a name alone, in a retained message', async () => {
    const client = await server.connected(DEVICE)
    publish(client, 'devices/d1/messages/events/LWT', 'Online', true)
    await client.settled()
    const [message] = server.hub.telemetry.messages
    expect(Object.entries(message?.properties ?? {})).toEqual([
      ['mqtt-retain', 'true'],
      ['LWT', ''],
    ])
  })

  test('report-net-206: a message to a device has no sequence number', async () => {
    const { client } = await subscribed('devices/d1/messages/devicebound/#')
    server.hub.c2d.send(DEVICE, { system: { messageId: 'm' }, properties: {}, body: Buffer.from('x') })
    expect((await client.take('publish')).topic).toBe(
      'devices/d1/messages/devicebound/%24.mid=m&%24.to=%2Fdevices%2Fd1%2Fmessages%2Fdevicebound',
    )
  })

  test('report-net-564, report-java-282: a live connection ends ten minutes after its token', async () => {
    const se = Math.floor(server.clock.now() / 1_000) + 60
    const client = await server.connected(DEVICE, { password: Buffer.from(server.token(DEVICE, se)) })
    server.clock.advance(10 * 60_000)
    client.send({ cmd: 'pingreq' })
    await client.take('pingresp')
    server.clock.advance(60_000)
    await expect(client.next()).rejects.toThrow()
  })
})

describe('AMQP', () => {
  let hub: Hub
  let clock: ManualClock
  let server: AmqpServer
  beforeEach(async () => {
    clock = new ManualClock(1_700_000_000_000)
    hub = createHub({ clock })
    hub.registry.create(DEVICE)
    server = await createAmqpServer(hub)
  })
  afterEach(async () => {
    await server.stop()
    hub.stop()
  })
  const signIn = async (
    expiry: number,
  ): Promise<{ connection: ReturnType<typeof dial>; answer: unknown }> => {
    const resource = `${hub.hostName}/devices/d1`
    const key = hub.registry.get(DEVICE).authentication.symmetricKey.primaryKey ?? ''
    const connection = dial(server)
    const { application_properties } = await putToken(connection, resource, tokenFor(resource, key, expiry))
    return { connection, answer: application_properties }
  }

  test('report-sdks-152: an expired token', async () => {
    expect((await signIn(1_600_000_000)).answer).toMatchObject({
      'status-code': 401,
      'status-description': 'The specified SAS token is expired',
    })
  })

  test('report-sdks-936, report-sdks-845, report-sdks-555, report-sdks-135: a message and its feedback', async () => {
    const { connection } = await signIn(1_700_003_600)
    const delivered = received(connection.open_receiver('/devices/d1/messages/devicebound'))
    const service = dialService(server, hub)
    const sent = {
      message_id: 'MY_MESSAGE_ID',
      to: '/devices/d1/messages/deviceBound',
      application_properties: { 'iothub-ack': 'full' },
    }
    expect(await outcome(service.open_sender('/messages/devicebound'), { ...sent, body: data('x') })).toBe(
      'accepted',
    )
    const { message, delivery } = await delivered
    expect(message).toMatchObject({
      ...sent,
      message_annotations: { 'x-opt-sequence-number': 1, 'iothub-deliverycount': 0 },
    })
    expect(Object.keys(message.message_annotations ?? {}).sort()).toEqual([
      ...['iothub-deliverycount', 'iothub-enqueuedtime', 'x-opt-sequence-number'],
    ])
    expect(message.content_type).toBeUndefined()

    const written = hub.journal.until(({ type }) => type === 'feedback')
    delivery?.accept()
    await written
    const receiver = service.open_receiver('/messages/serviceBound/feedback')
    await once(receiver, 'receiver_open')
    const batch = received(receiver)
    clock.advance(14_999)
    expect(hub.feedback.receive()).toBeUndefined()
    clock.advance(1)
    const { message: feedback } = await batch
    expect(Object.keys(feedback.message_annotations ?? {})).toEqual(['iothub-enqueuedtime'])
    expect(feedback.content_type).toBe('application/vnd.microsoft.iothub.feedback.json')
    for (const name of ['message_id', 'correlation_id', 'content_encoding', 'to', 'subject'] as const)
      expect(feedback[name]).toBeUndefined()
  })
})

describe('events', () => {
  test.each([
    ['report-functions-369', undefined],
    ['report-dapr-1639, report-net-22905, report-docs-72932', 'm1'],
  ])('%s: names and order of the annotations; no partition key (report-functions-811)', (_id, moduleId) => {
    const { hub } = openHub({})
    hub.registry.create(DEVICE)
    const bytes = eventBytes(
      {
        ...DEVICE,
        ...(moduleId === undefined ? {} : { moduleId }),
        authMethod: '{"scope":"device"}',
        authGenerationId: '1',
        source: 'Telemetry',
        system: {},
        properties: {},
        body: Buffer.from('{}'),
      } as unknown as Parameters<typeof eventBytes>[0],
      PLACE,
    )
    expect([...(decodeMessage(bytes).annotations?.keys() ?? [])]).toEqual([
      'iothub-connection-device-id',
      ...(moduleId === undefined ? [] : ['iothub-connection-module-id']),
      ...['iothub-connection-auth-method', 'iothub-connection-auth-generation-id', 'iothub-enqueuedtime'],
      ...['iothub-message-source', 'x-opt-sequence-number', 'x-opt-offset', 'x-opt-enqueued-time'],
    ])
    expect(textOf(decodeMessage(bytes).annotations?.get('iothub-message-source'))).toBe('Telemetry')
    hub.stop()
  })

  test('report-docs-61431, report-docs-44675: the creation of an edge device shows its scope and no capabilities', () => {
    const { hub } = openHub({ eventSources: ['deviceLifecycleEvents'] })
    const stop = startEventMessages(hub, (ms) => new Date(ms).toISOString())
    const { deviceScope } = hub.registry.create({ deviceId: 'edge' }, { iotEdge: true })
    stop()
    const body = JSON.parse(hub.telemetry.messages[0]?.body.toString() ?? '') as object
    expect(body).toMatchObject({ deviceId: 'edge', deviceScope })
    expect(body).not.toHaveProperty('capabilities')
  })

  test('report-docs-67704, report-net-3204: connects are no life-cycle events, and have their own', async () => {
    const server = await TestServer.open({
      eventSources: ['deviceLifecycleEvents', 'deviceConnectionStateEvents'],
    })
    const stop = startEventMessages(server.hub, (ms) => new Date(ms).toISOString())
    server.device('d1')
    const client = await server.connected(DEVICE)
    server.clock.advance(120_000)
    client.send({ cmd: 'disconnect' })
    await server.journal('disconnected')
    server.clock.advance(120_000)
    stop()
    const seen = server.hub.telemetry.messages.map(({ source, properties }) => [source, properties['opType']])
    expect(seen).toEqual([
      ['deviceLifecycleEvents', 'createDeviceIdentity'],
      ['deviceConnectionStateEvents', 'deviceConnected'],
      ['deviceConnectionStateEvents', 'deviceDisconnected'],
    ])
    await server.stop()
  })
})
