/** The fifth sample of public reports over MQTT and AMQP, made again on this hub (docs/contract/reference/reports.md#reports-fifth). */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import rhea from 'rhea'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAmqpServer, type AmqpServer } from '../../amqp/server.ts'
import { dial, dialService, putToken, received, tokenFor } from '../../amqp/testing/test-client.ts'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { Settings } from '../../core/contract/settings.ts'
import { createHub } from '../../core/create-hub.ts'
import { messageOf } from '../../core/testing/test-hub.ts'
import type { RawClient } from '../../mqtt/testing/raw-client.ts'
import { TestServer } from '../../mqtt/testing/test-server.ts'

const DEVICE = { deviceId: 'd1' }
const DEVICEBOUND = 'devices/d1/messages/devicebound/#'

describe('MQTT', () => {
  let server: TestServer
  const open = async (settings: Partial<Settings> = {}): Promise<void> => {
    server = await TestServer.open(settings)
    server.device('d1')
  }
  beforeEach(() => open())
  afterEach(() => server.stop())

  const publish = (client: RawClient, topic: string, payload = '', qos: 0 | 1 = 0): void => {
    client.send({ cmd: 'publish', topic, payload, qos, messageId: 7, dup: false, retain: false })
  }
  const subscribe = async (client: RawClient, ...topics: string[]): Promise<unknown> => {
    client.send({ cmd: 'subscribe', messageId: 2, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) })
    return (await client.take('suback')).granted
  }
  const send = (body: string): void => {
    server.hub.c2d.send(DEVICE, messageOf(body, {}, { messageId: body, ack: 'full' }))
  }
  const feedback = (): unknown => {
    server.clock.advance(15_000)
    return server.hub.feedback.receive()?.item
  }

  test('report-net-728: a twin as the device reads it has two sections and nothing else', async () => {
    const client = await server.connected(DEVICE)
    await subscribe(client, '$iothub/twin/res/#')
    publish(client, '$iothub/twin/GET/?$rid=1')
    const { payload } = await client.take('publish')
    expect(Object.keys(JSON.parse(String(payload)) as object)).toEqual(['desired', 'reported'])
  })

  test('report-java-1805: the quota of the day is spent', async () => {
    await server.stop()
    await open({ tier: 'F1' })
    const client = await server.connected(DEVICE)
    await subscribe(client, '$iothub/twin/res/#')
    const spend = (): void => {
      for (;;) {
        server.hub.throttle.take('telemetry', 4_096)
        server.clock.advance(1_000)
      }
    }
    expect(spend).toThrow(expect.objectContaining({ kind: 'IotHubQuotaExceeded' }) as Error)
    publish(client, '$iothub/twin/PATCH/properties/reported/?$rid=1', '{"a":1}')
    expect((await client.take('publish')).topic).toMatch(/^\$iothub\/twin\/res\/403\/\?\$rid=1/)
    publish(client, 'devices/d1/messages/events/', '{}', 1)
    await expect(client.next()).rejects.toThrow()
  })

  test('report-docs-98930: messages of before the first subscription are rejected', async () => {
    send('early')
    server.clock.advance(1)
    const client = await server.connected(DEVICE, { clean: false })
    await subscribe(client, DEVICEBOUND)
    send('late')
    expect(String((await client.take('publish')).payload)).toBe('late')
    expect(feedback()).toMatchObject([{ originalMessageId: 'early', statusCode: 'Rejected' }])
  })

  test('report-net-3335: a device that connects and does not subscribe takes nothing from its queue', async () => {
    send('first')
    const client = await server.connected(DEVICE, { clean: false })
    server.clock.advance(1)
    expect(await client.settled()).toEqual([])
    expect(server.hub.c2d.count(DEVICE)).toBe(1)
    expect(feedback()).toBeUndefined()
  })

  test('report-mqtt-nio-13: a clean session, and a message that was sent while the device was away', async () => {
    const before = await server.connected(DEVICE)
    await subscribe(before, DEVICEBOUND)
    before.send({ cmd: 'disconnect' })
    send('A')
    server.clock.advance(1)
    const client = await server.connected(DEVICE)
    await subscribe(client, DEVICEBOUND)
    send('B')
    expect(String((await client.take('publish')).payload)).toBe('B')
  })

  test('report-mqtt-client-185, report-mosquitto-2620: a user name without api-version, a message with QoS 0', async () => {
    const client = await server.connected(DEVICE, { username: `${server.hub.hostName}/d1` })
    publish(client, 'devices/d1/messages/events/', '{"id":"123"}')
    await client.settled()
    expect(String(server.hub.telemetry.messages[0]?.body)).toBe('{"id":"123"}')
  })

  test('report-mosquitto-1059: client id and user name that differ in case', async () => {
    server.device('Mosquitto')
    const client = server.dial({ deviceId: 'Mosquitto' }, { username: `${server.hub.hostName}/mosquitto` })
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 5 })
  })

  test('report-cli-80: an id that is not registered', async () => {
    const client = server.dial(DEVICE, {
      clientId: 'test-device-01',
      username: `${server.hub.hostName}/test-device-01/?api-version=2018-06-30`,
    })
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 5 })
  })

  test('report-c-2514: packets that come at once after a session that is there already', async () => {
    const first = await server.connected(DEVICE, { clean: false })
    await subscribe(first, '$iothub/twin/res/#', '$iothub/twin/PATCH/properties/desired/#')
    const client = server.dial(DEVICE, { clean: false })
    client.send({
      cmd: 'subscribe',
      messageId: 22_543,
      subscriptions: ['$iothub/twin/res/#', '$iothub/twin/PATCH/properties/desired/#'].map((topic) => ({
        topic,
        qos: 0,
      })),
    })
    publish(client, '$iothub/twin/PATCH/properties/reported/?$rid=22544', '{"a":1}')
    publish(client, 'devices/d1/messages/events/', '{}', 1)
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0, sessionPresent: true })
    expect(await client.take('suback')).toMatchObject({ messageId: 22_543, granted: [0, 0] })
    await client.take('puback')
  })

  test('report-net-1953: the schema of a message to a device', async () => {
    const client = await server.connected(DEVICE)
    await subscribe(client, DEVICEBOUND)
    server.hub.c2d.send(DEVICE, messageOf('x', {}, { messageSchema: 's1' }))
    expect((await client.take('publish')).topic).toContain('%24.schema=s1')
  })

  test('report-docs-8860: how a device and a module with a certificate have authenticated', async () => {
    const certificate = Buffer.from('a certificate')
    const primaryThumbprint = createHash('sha256').update(certificate).digest('hex')
    const authentication = { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } } as const
    server.device('x1', { authentication })
    server.hub.registry.create({ deviceId: 'x1', moduleId: 'm1' }, { authentication })
    for (const identity of [{ deviceId: 'x1' }, { deviceId: 'x1', moduleId: 'm1' }]) {
      const client = await server.connected(identity, { certificates: [certificate] })
      const path = 'moduleId' in identity ? 'devices/x1/modules/m1' : 'devices/x1'
      publish(client, `${path}/messages/events/`, '{}')
      await client.settled()
    }
    expect(
      server.hub.telemetry.messages.map(({ authMethod }) => JSON.parse(authMethod ?? '') as unknown),
    ).toEqual([
      { scope: 'device', type: 'x509', issuer: 'iothub', acceptingIpFilterRule: null },
      { scope: 'module', type: 'x509', issuer: 'iothub', acceptingIpFilterRule: null },
    ])
  })

  test('report-docs-46655, report-docs-14341: how the device has authenticated, as the stream says it', async () => {
    const client = await server.connected(DEVICE)
    publish(client, 'devices/d1/messages/events/', '{}')
    await client.settled()
    expect(server.hub.telemetry.messages[0]?.authMethod).toBe(
      '{"scope":"device","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}',
    )
  })
})

describe('AMQP', () => {
  let hub: Hub
  let server: AmqpServer
  const start = async (settings: Partial<Settings> = {}): Promise<void> => {
    hub = createHub({ clock: new ManualClock(1_700_000_000_000), settings })
    hub.registry.create(DEVICE)
    server = await createAmqpServer(hub)
  }
  const stop = async (): Promise<void> => {
    await server.stop()
    hub.stop()
  }
  beforeEach(() => start())
  afterEach(stop)

  const connected = async (): Promise<rhea.Connection> => {
    const connection = dial(server)
    const resource = `${hub.hostName}/devices/d1`
    const key = hub.registry.get(DEVICE).authentication.symmetricKey.primaryKey ?? ''
    await putToken(connection, resource, tokenFor(resource, key, 1_700_003_600))
    return connection
  }
  const reader = (epoch?: number): rhea.Receiver =>
    dialService(server, hub).open_receiver({
      source: {
        address: 'localhost/ConsumerGroups/$Default/Partitions/0',
        filter: rhea.filter.selector("amqp.annotation.x-opt-offset > '-1'"),
      },
      ...(epoch === undefined ? {} : { properties: { 'com.microsoft:epoch': rhea.types.wrap_long(epoch) } }),
    })
  const errorOf = async (
    receiver: rhea.Receiver,
  ): Promise<{ condition: string; description: string; info?: object }> => {
    if (receiver.error === undefined) await once(receiver, 'receiver_error')
    return receiver.error as never
  }

  test('report-uamqp-python-14: feedback of a hub of the basic tier', async () => {
    await stop()
    await start({ tier: 'B1' })
    const error = await errorOf(dialService(server, hub).open_receiver('/messages/servicebound/feedback'))
    expect(error).toMatchObject({
      condition: 'amqp:not-allowed',
      description:
        'This capability is not available for Basic Tier IoT Hub. Please visit https://aka.ms/StandardIoTHubUpgrade to learn about\u00a0Standard Tier.',
    })
    expect(Object.keys(error.info ?? {})).toEqual(['com.microsoft:tracking-id', 'com.microsoft:is-filtered'])
  })

  test('report-iothub-explorer-40, report-diagnostics-6, report-toolkit-216, report-pcs-43: a reader without an epoch', async () => {
    await once(reader(1), 'receiver_open')
    const { description } = await errorOf(reader())
    expect(description).toMatch(
      /^At least one receiver for the endpoint is created with epoch of '1', and so non-epoch receiver is not allowed\. Either reconnect with a higher epoch, or make sure all epoch receivers are closed or disconnected\. TrackingId:/,
    )
  })

  test('report-js-15893, report-spring-709: another owner with the same epoch', async () => {
    const first = reader(0)
    await once(first, 'receiver_open')
    const lost = errorOf(first)
    reader(0)
    const { condition, description } = await lost
    expect(condition).toBe('amqp:link:stolen')
    expect(description).toMatch(
      /^New receiver 'nil' with higher epoch of '0' is created hence current receiver 'nil' with epoch '0' is getting disconnected\. If you are recreating the receiver, make sure a higher epoch is used\. TrackingId:/,
    )
  })

  test('report-java-15: a message that the device abandons again and again', async () => {
    const receiver = (await connected()).open_receiver({
      source: '/devices/d1/messages/devicebound',
      autoaccept: false,
    })
    await once(receiver, 'receiver_open')
    hub.c2d.send(DEVICE, messageOf('x', {}, { messageId: 'm', ack: 'full' }))
    let deliveries = 0
    receiver.on('message', ({ delivery }: rhea.EventContext) => {
      deliveries++
      delivery?.release()
    })
    while (hub.c2d.count(DEVICE) > 0) await received(receiver)
    expect(deliveries).toBe(10)
    ;(hub as unknown as { clock: ManualClock }).clock.advance(15_000)
    expect(hub.feedback.receive()?.item).toMatchObject([
      { originalMessageId: 'm', statusCode: 'DeliveryCountExceeded' },
    ])
  })
})
