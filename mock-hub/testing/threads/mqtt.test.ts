/** What public reports show of the live service over MQTT, made again on this hub (docs/contract/reference/reports.md). */

import type { Packet } from 'mqtt-packet'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RawClient, Received } from '../../mqtt/testing/raw-client.ts'
import { TestServer } from '../../mqtt/testing/test-server.ts'

const DEVICE = { deviceId: 'd1' }
let server: TestServer
beforeEach(async () => {
  server = await TestServer.open()
  server.device('d1')
})
afterEach(() => server.stop())

const publish = (topic: string, payload = '', qos: 0 | 1 = 0): Packet => ({
  ...{ cmd: 'publish', topic, payload, qos, dup: false, retain: false },
  ...(qos === 0 ? {} : { messageId: 7 }),
})

/** A connected device that has subscribed to everything, as the C SDK does. */
async function connected(qos: 0 | 1 = 0): Promise<RawClient> {
  const client = await server.connected(DEVICE)
  const topics = [
    'devices/d1/messages/devicebound/#',
    '$iothub/twin/res/#',
    '$iothub/twin/PATCH/properties/desired/#',
    '$iothub/methods/POST/#',
  ]
  client.send({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: topics.map((topic) => ({ topic, qos })),
  })
  await client.take('suback')
  return client
}

/** `accepted` when the hub acknowledges the message, `closed` when it closes the connection. */
async function fate(topic: string): Promise<string> {
  const client = await server.connected(DEVICE)
  client.send(publish(topic, '{}', 1))
  try {
    return (await client.settled()).some(({ cmd }) => cmd === 'puback') ? 'accepted' : 'ignored'
  } catch {
    return 'closed'
  }
}

async function reported(patch: string): Promise<{ topic: string; body: unknown }> {
  const client = await connected()
  client.send(publish('$iothub/twin/PATCH/properties/reported/?$rid=5', patch))
  const { topic = '', payload = '' } = await client.take('publish')
  const text = payload.toString()
  return { topic, body: text === '' ? '' : (JSON.parse(text) as unknown) }
}

describe('messages to the hub', () => {
  test('report-java-724, report-go-54: a blank that the client writes as a plus sign closes the connection', async () => {
    expect(await fate('devices/d1/messages/events/te+st=to+st')).toBe('closed')
  })

  test('report-java-14: an encoded value with slashes is accepted', async () => {
    expect(await fate('devices/d1/messages/events/location=%2Froot%2Fsub')).toBe('accepted')
    expect(server.hub.telemetry.messages.at(-1)?.properties).toEqual({ location: '/root/sub' })
  })

  test('report-azc-1690: system properties in a bag', async () => {
    expect(await fate('devices/d1/messages/events/DeviceID=d1&%24.cid=11632&%24.mid=1527')).toBe('accepted')
    expect(server.hub.telemetry.messages.at(-1)).toMatchObject({
      system: { correlationId: '11632', messageId: '1527' },
      properties: { DeviceID: 'd1' },
    })
  })

  test('report-docs-106756: a topic of the device’s own making closes the connection', async () => {
    expect(await fate('shellypro3em-abc/events/rpc')).toBe('closed')
  })
})

describe('messages to a device', () => {
  const topicOf = async (system: object, properties: Record<string, string>): Promise<string | undefined> => {
    const client = await connected(1)
    server.hub.c2d.send(DEVICE, { body: Buffer.from('x'), system, properties })
    return (await client.take('publish')).topic
  }

  test('report-java-96: the topic of a message from .NET', async () => {
    expect(
      await topicOf(
        { to: '/devices/d1/messages/deviceBound' },
        { computerId: '111-222-333-444', messageType: 'com.rsa.AlertMessage' },
      ),
    ).toBe(
      'devices/d1/messages/devicebound/%24.to=%2Fdevices%2Fd1%2Fmessages%2FdeviceBound&computerId=111-222-333-444&messageType=com.rsa.AlertMessage',
    )
  })

  test('report-python-759: the acknowledgement that the sender asked for is in the topic', async () => {
    expect(await topicOf({ ack: 'full' }, {})).toContain('iothub-ack=full')
  })

  test('report-explorer-530: the topics of messages from IoT Explorer and from the portal', async () => {
    expect(
      await topicOf(
        { messageId: 'f618dedc', to: '/devices/d1/messages/devicebound' },
        { key1: 'value1', key2: 'value2' },
      ),
    ).toBe(
      'devices/d1/messages/devicebound/%24.mid=f618dedc&%24.to=%2Fdevices%2Fd1%2Fmessages%2Fdevicebound&key1=value1&key2=value2',
    )
    server.hub.registry.remove(DEVICE, '*')
    server.device('d1')
    expect(
      await topicOf(
        {
          to: '/devices/d1/messages/deviceBound',
          contentType: 'text/plain; charset=UTF-8',
          contentEncoding: 'utf-8',
        },
        { bbb: 'bbbb', aaa: 'aaaa' },
      ),
    ).toBe(
      'devices/d1/messages/devicebound/%24.to=%2Fdevices%2Fd1%2Fmessages%2FdeviceBound&%24.ct=text%2Fplain%3B%20charset%3DUTF-8&%24.ce=utf-8&bbb=bbbb&aaa=aaaa',
    )
  })
})

describe('twins', () => {
  test('report-docs-21305: the answer to a read is not wrapped in properties', async () => {
    const client = await connected()
    client.send(publish('$iothub/twin/GET/?$rid=0'))
    const { topic, payload } = await client.take('publish')
    expect(topic).toBe('$iothub/twin/res/200/?$rid=0')
    expect(JSON.parse(String(payload))).toEqual({ desired: { $version: 1 }, reported: { $version: 1 } })
  })

  test('report-java-243: the refusal of a name', async () => {
    expect(await reported('{"m2(<#a":1}')).toEqual({
      topic: expect.stringMatching(/^\$iothub\/twin\/res\/400\/\?\$rid=5/) as string,
      body: {
        errorCode: 400004,
        trackingId: expect.any(String) as string,
        message:
          "Property or Tag name has invalid characters. Error in Property/Tag m2(<#a. Must not contain Control Characters, '.', '$', '#', or ' '.",
        timestampUtc: expect.stringMatching(/Z$/) as string,
      },
    })
  })

  test('report-net-1505: a full stop in a name is refused', async () => {
    expect((await reported('{"Example.Property":1}')).topic).toMatch(/\/res\/400\//)
  })

  test('report-arduino-98: a patch that names Reported writes a property of that name', async () => {
    expect((await reported('{"Reported":{"Property1":"value1"}}')).topic).toMatch(
      /\/res\/204\/\?\$rid=5&\$version=2$/,
    )
    expect(server.hub.twins.get(DEVICE).reported.properties).toEqual({ Reported: { Property1: 'value1' } })
  })

  test('report-docs-36255: the device is not told of tags', async () => {
    const client = await connected()
    server.hub.twins.patch(DEVICE, { tags: { room: 1 } }, '*')
    expect(await client.settled()).toEqual([])
  })

  test('report-node-64: the device is not told of a null for what is not there', async () => {
    const client = await connected()
    server.hub.twins.patch(DEVICE, { desired: { abcd: null } }, '*')
    expect(await client.settled()).toEqual([])
    server.hub.twins.patch(DEVICE, { desired: { abcd: 1 } }, '*')
    server.hub.twins.patch(DEVICE, { desired: { abcd: 1 } }, '*')
    expect(
      (await client.settled()).map(({ payload }) => JSON.parse(String(payload)) as unknown),
    ).toMatchObject([{ abcd: 1 }, { abcd: 1 }])
  })
})

describe('methods', () => {
  const call = async (payload: string | undefined, answer: string): Promise<[Received, object]> => {
    const client = await connected()
    const result = server.hub.methods.invoke(DEVICE, { methodName: 'getCarVIN', payload })
    const request = await client.take('publish')
    client.send(publish((request.topic ?? '').replace('/POST/getCarVIN/', '/res/200/'), answer))
    return [request, await result]
  }

  test('report-c-616: a call and its answer', async () => {
    const [request, result] = await call('{"test":"test"}', '{ }')
    expect(request).toMatchObject({ topic: '$iothub/methods/POST/getCarVIN/?$rid=1', qos: 0, retain: false })
    expect(String(request.payload)).toBe('{"test":"test"}')
    expect(result).toMatchObject({ status: 200, payload: {} })
  })

  test('report-esp32-28: an answer that is not JSON reaches the caller at once', async () => {
    const [, result] = await call(undefined, 'Some Response Message')
    expect(result).toMatchObject({ status: 200 })
  })
})

describe('the second sample', () => {
  test('report-arduino-104: the user name of the Arduino library, and a session that is there already', async () => {
    const options = {
      clean: false,
      username: `${server.hub.hostName}/d1/?api-version=2017-11-08-preview&DeviceClientType=iothubclient%2f1.3.6%20(arduino)`,
    }
    const subscribe = async (): Promise<unknown[]> => {
      const client = server.dial(DEVICE, options)
      const connack = await client.next()
      client.send({
        cmd: 'subscribe',
        messageId: 2,
        subscriptions: [{ topic: 'devices/d1/messages/devicebound/#', qos: 1 }],
      })
      return [connack, await client.take('suback')]
    }
    await subscribe()
    expect(await subscribe()).toMatchObject([
      { cmd: 'connack', returnCode: 0, sessionPresent: true },
      { cmd: 'suback', granted: [1] },
    ])
  })

  test('report-threadx-353, report-docs-47539: 204 for a patch, 200 for a read', async () => {
    const client = await connected()
    client.send(publish('$iothub/twin/PATCH/properties/reported/?$rid=1121', '{"ledState":true}'))
    expect((await client.take('publish')).topic).toMatch(
      /^\$iothub\/twin\/res\/204\/\?\$rid=1121&\$version=\d+$/,
    )
    client.send(publish('$iothub/twin/GET/?$rid=2'))
    expect((await client.take('publish')).topic).toMatch(/^\$iothub\/twin\/res\/200\/\?\$rid=2/)
  })

  test('report-docs-64738: a retained message has the property mqtt-retain', async () => {
    const client = await server.connected(DEVICE)
    client.send({ ...publish('devices/d1/messages/events/', '{}', 1), retain: true } as Packet)
    await client.take('puback')
    expect(server.hub.telemetry.messages.at(-1)?.properties).toEqual({ 'mqtt-retain': 'true' })
  })

  test('report-ubxlib-279, report-docs-31378: messages come with the connection of a session that is there', async () => {
    const first = await server.connected(DEVICE, { clean: false })
    first.send({
      cmd: 'subscribe',
      messageId: 2,
      subscriptions: [{ topic: 'devices/d1/messages/devicebound/#', qos: 1 }],
    })
    await first.take('suback')
    first.send({ cmd: 'disconnect' })
    await first.closing()
    server.hub.c2d.send(DEVICE, { body: Buffer.from('waiting'), system: {}, properties: {} })
    const second = await server.connected(DEVICE, { clean: false })
    expect((await second.take('publish')).payload?.toString()).toBe('waiting')
  })

  test('report-docs-4608: QoS 2 closes the connection', async () => {
    const client = await server.connected(DEVICE)
    client.send({ ...publish('devices/d1/messages/events/', '{}', 1), qos: 2 } as Packet)
    await client.closing()
  })
})
