/** The fourth sample of public reports over MQTT and AMQP, made again on this hub (docs/contract/reference/reports.md#reports-fourth). */

import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAmqpServer, type AmqpServer } from '../../amqp/server.ts'
import { data, dial, dialService, putToken, tokenFor } from '../../amqp/testing/test-client.ts'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { startEventMessages } from '../../core/events/event-messages.ts'
import { openHub } from '../../core/testing/test-hub.ts'
import type { RawClient } from '../../mqtt/testing/raw-client.ts'
import { TestServer } from '../../mqtt/testing/test-server.ts'

const DEVICE = { deviceId: 'd1' }

describe('MQTT', () => {
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.open()
    server.device('d1')
  })
  afterEach(() => server.stop())

  const publish = (client: RawClient, topic: string, payload = ''): void => {
    client.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false })
  }
  const subscribe = async (client: RawClient, topic: string, messageId = 2): Promise<unknown> => {
    client.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic, qos: 0 }] })
    return (await client.take('suback')).granted
  }

  test('report-thin-edge-2278: topics and bodies of twins and methods', async () => {
    server.hub.twins.patch(DEVICE, { desired: { foo: 'bar8' } }, '*')
    const client = await server.connected(DEVICE)
    await subscribe(client, '$iothub/twin/res/#')
    await subscribe(client, '$iothub/methods/POST/#', 3)
    publish(client, '$iothub/twin/PATCH/properties/reported/?$rid=patch_temp', '{"hello":"world"}')
    expect((await client.take('publish')).topic).toBe('$iothub/twin/res/204/?$rid=patch_temp&$version=2')
    publish(client, '$iothub/twin/GET/?$rid=request')
    const { topic, payload } = await client.take('publish')
    expect([topic, String(payload)]).toEqual([
      '$iothub/twin/res/200/?$rid=request',
      '{"desired":{"foo":"bar8","$version":2},"reported":{"hello":"world","$version":2}}',
    ])
    const answer = server.hub.methods.invoke(DEVICE, { methodName: 'example_cmd', payload: { cmd: 'x' } })
    const call = await client.take('publish')
    expect([call.topic, String(call.payload)]).toEqual([
      '$iothub/methods/POST/example_cmd/?$rid=1',
      '{"cmd":"x"}',
    ])
    publish(client, '$iothub/methods/res/4711/?$rid=1', '{}')
    // report-edge-609: the status is the device's own.
    expect(await answer).toMatchObject({ status: 4711 })
  })

  test('report-node-12: a user name whose client type comes before the api-version; the session is kept', async () => {
    const username = `${server.hub.hostName}/d1/DeviceClientType=azure-iot-device%2F1.1.2&api-version=2016-11-14`
    const first = await server.connected(DEVICE, { username, clean: false })
    await subscribe(first, 'devices/d1/messages/devicebound/#')
    first.send({ cmd: 'disconnect' })
    const client = server.dial(DEVICE, { username, clean: false })
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0, sessionPresent: true })
  })

  test('report-c-902: a preview of the api-version, and a property after the topic without a bag', async () => {
    const username = `${server.hub.hostName}/d1/?api-version=2017-11-08-preview&DeviceClientType=iothubclient%2f1.2.14`
    const client = await server.connected(DEVICE, { username, keepalive: 240 })
    publish(client, 'devices/d1/messages/events/temperatureAlert=false', '{}')
    await client.settled()
    expect(server.hub.telemetry.messages[0]?.properties).toEqual({ temperatureAlert: 'false' })
  })

  test('report-azc-2529: three subscriptions, a new session', async () => {
    const client = server.dial(DEVICE, { clean: false })
    expect(await client.next()).toMatchObject({ returnCode: 0, sessionPresent: false })
    for (const topic of [
      '$iothub/methods/POST/#',
      '$iothub/twin/res/#',
      '$iothub/twin/PATCH/properties/desired/#',
    ])
      expect(await subscribe(client, topic)).toEqual([0])
  })

  test('report-aqualisa-10: a wildcard for the device', async () => {
    expect(await subscribe(await server.connected(DEVICE), 'devices/+/messages/devicebound/#')).toEqual([0])
  })

  test('report-mosquitto-978: a foreign filter of a bridge closes the connection', async () => {
    const client = await server.connected(DEVICE, { username: `${server.hub.hostName}/d1` })
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'tema', qos: 0 }] })
    await expect(client.next()).rejects.toThrow()
  })

  test('report-mosquitto-1562: a bridge that does not subscribe stays, and its pings are answered', async () => {
    const client = await server.connected(DEVICE, { username: `${server.hub.hostName}/d1` })
    client.send({ cmd: 'pingreq' })
    await client.take('pingresp')
  })

  test('report-emqx-80: the bit of a bridge in the protocol level', async () => {
    const client = server.dial(DEVICE, { ...({ bridgeMode: true } as object) })
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 1 })
    await expect(client.next()).rejects.toThrow()
  })

  test('report-net-2416: too many reports of a twin are answered with 429', async () => {
    await server.stop()
    server = await TestServer.open({ tier: 'S1' })
    server.device('d1')
    const client = await server.connected(DEVICE)
    await subscribe(client, '$iothub/twin/res/#')
    const spend = (): void => {
      for (;;) server.hub.throttle.take('twinUpdate', 0)
    }
    expect(spend).toThrow()
    publish(client, '$iothub/twin/PATCH/properties/reported/?$rid=e0bb8dfa', '{"a":1}')
    expect((await client.take('publish')).topic).toMatch(/^\$iothub\/twin\/res\/429\/\?\$rid=e0bb8dfa/)
  })
})

describe('AMQP', () => {
  let hub: Hub
  let server: AmqpServer
  beforeEach(async () => {
    hub = createHub({ clock: new ManualClock(1_700_000_000_000) })
    hub.registry.create(DEVICE)
    server = await createAmqpServer(hub)
  })
  afterEach(async () => {
    await server.stop()
    hub.stop()
  })

  test('report-net-2116, report-c-334, report-sdks-997: the message after the fiftieth', async () => {
    const sender = dialService(server, hub).open_sender('/messages/devicebound')
    await once(sender, 'sendable')
    const send = (): void => {
      sender.send({ to: '/devices/d1/messages/devicebound', body: data('x') })
    }
    for (let n = 0; n < 50; n++) {
      const accepted = once(sender, 'accepted')
      send()
      await accepted
    }
    const rejected = once(sender, 'rejected') as Promise<
      { delivery: { remote_state: { error: { condition: string; description: string } } } }[]
    >
    send()
    const [event] = await rejected
    expect(event?.delivery.remote_state.error.description).toMatch(
      /C2D messages enqueued for the device exceeded the queue limit of 50, {2}see more at http:\/\/aka\.ms\/iothub403004/,
    )
  })

  test('report-net-3422: the links of a device that is disabled are detached', async () => {
    const connection = dial(server)
    const resource = `${hub.hostName}/devices/d1`
    const key = hub.registry.get(DEVICE).authentication.symmetricKey.primaryKey ?? ''
    await putToken(connection, resource, tokenFor(resource, key, 1_700_003_600))
    const sender = connection.open_sender('/devices/d1/messages/events')
    await once(sender, 'sendable')
    const closed = once(sender, 'sender_close')
    hub.registry.update(DEVICE, { status: 'disabled' }, '*')
    await closed
  })
})

describe('events', () => {
  test('report-docs-76067, report-net-1998: changes of desired and of reported properties are events', () => {
    const { hub } = openHub({ eventSources: ['twinChangeEvents'] })
    hub.registry.create(DEVICE)
    const stop = startEventMessages(hub, (ms) => new Date(ms).toISOString())
    hub.twins.patch(DEVICE, { desired: { a: 1 } }, '*')
    hub.twins.patchReported(DEVICE, { b: 1 })
    stop()
    const seen = hub.telemetry.messages.map(({ source, body }) => [
      source,
      Object.keys((JSON.parse(body.toString()) as { properties: object }).properties),
    ])
    expect(seen).toEqual([
      ['twinChangeEvents', ['desired']],
      ['twinChangeEvents', ['reported']],
    ])
  })
})
