import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FaultDefinition } from '../../core/contract/faults.ts'
import type { RawClient } from '../testing/raw-client.ts'
import { TestServer } from '../testing/test-server.ts'

const d1 = { deviceId: 'd1' }
const EVENTS = 'devices/d1/messages/events/'

let server: TestServer
beforeEach(async () => {
  server = await TestServer.open()
  server.device('d1')
  server.device('d2')
})
afterEach(() => server.stop())

function arm(
  name: string,
  parameters: FaultDefinition['parameters'] = {},
  more: Partial<FaultDefinition> = {},
): void {
  server.hub.faults.arm({ name, parameters, ...more })
}

/** Each armed fault has fired this often. */
function expectFired(times = 1): void {
  expect(server.hub.faults.list().map(({ fired }) => fired)).toEqual([times])
}

function publish(client: RawClient, messageId: number, topic = EVENTS): void {
  client.send({ cmd: 'publish', topic, payload: 'x', qos: 1, messageId, dup: false, retain: false })
}

describe('mqtt.connack', () => {
  test('code: refuses before authentication', async () => {
    arm('mqtt.connack.code', { code: 3 }, { count: 2 })
    for (let times = 0; times < 2; times++) {
      expect(await server.dial(d1).next()).toMatchObject({ cmd: 'connack', returnCode: 3 })
    }
    await server.connected(d1)
    expectFired(2)
  })

  test('withhold', async () => {
    arm('mqtt.connack.withhold')
    const client = server.dial(d1)
    await server.journal('fault', ({ phase }) => phase === 'fired')
    expect(client.received).toEqual([])
    expect(client.closed).toBe(false)
    expectFired()
  })

  test('delay, on the hub clock', async () => {
    arm('mqtt.connack.delay', { seconds: 30 })
    const client = server.dial(d1)
    await server.journal('fault', ({ phase }) => phase === 'fired')
    expect(client.received).toEqual([])
    server.clock.advance(30_000)
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    expect(await client.settled()).toEqual([])
  })

  test('close', async () => {
    arm('mqtt.connack.close')
    const client = server.dial(d1)
    await client.closing()
    expect(client.received).toEqual([])
    expectFired()
  })

  test('fires only for the identity of its scope', async () => {
    arm('mqtt.connack.code', { code: 5 }, { scope: { identity: 'd2' } })
    await server.connected(d1)
    expect(await server.dial({ deviceId: 'd2' }).next()).toMatchObject({ returnCode: 5 })
  })
})

describe('mqtt.puback', () => {
  test('withhold: the message is stored and not acknowledged, the connection stays', async () => {
    arm('mqtt.puback.withhold')
    const client = await server.connected(d1)
    publish(client, 1)
    publish(client, 2)
    expect((await client.settled()).map(({ messageId }) => messageId)).toEqual([2])
    expect(server.hub.telemetry.messages).toHaveLength(2)
    expectFired()
  })

  test('delay', async () => {
    arm('mqtt.puback.delay', { seconds: 5 })
    const client = await server.connected(d1)
    publish(client, 1)
    expect(await client.settled()).toEqual([])
    server.clock.advance(5_000)
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 1 })
  })

  test('close: the message is stored, the connection is closed', async () => {
    arm('mqtt.puback.close')
    const client = await server.connected(d1)
    publish(client, 1)
    await client.closing()
    expect(client.received).toHaveLength(1)
    expect(server.hub.telemetry.messages).toHaveLength(1)
  })
})

describe('other answers', () => {
  test('mqtt.suback.code', async () => {
    arm('mqtt.suback.code', { code: 128 })
    const client = await server.connected(d1)
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 1 }] })
    expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [128] })
  })

  test.each(['mqtt.suback.withhold', 'mqtt.suback.close'])('%s', async (name) => {
    arm(name)
    const client = await server.connected(d1)
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 1 }] })
    if (name.endsWith('close')) await client.closing()
    else expect(await client.settled()).toEqual([])
    expect(client.received.map(({ cmd }) => cmd)).not.toContain('suback')
    expectFired()
  })

  test('mqtt.pingresp.withhold', async () => {
    arm('mqtt.pingresp.withhold')
    const client = await server.connected(d1)
    client.send({ cmd: 'pingreq' })
    expect(await client.settled()).toEqual([])
    expect(client.received.filter(({ cmd }) => cmd === 'pingresp')).toHaveLength(1)
    expectFired()
  })
})

describe('twin.response', () => {
  async function asking(): Promise<RawClient> {
    const client = await server.connected(d1)
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] })
    await client.take('suback')
    client.send({
      cmd: 'publish',
      topic: '$iothub/twin/GET/?$rid=1',
      payload: '',
      qos: 0,
      dup: false,
      retain: false,
    })
    return client
  }

  test('status', async () => {
    arm('twin.response.status', { status: 429 })
    const answer = await (await asking()).next()
    expect(answer.topic).toBe('$iothub/twin/res/429/?$rid=1')
    expect(JSON.parse(String(answer.payload))).toMatchObject({ errorCode: 429000 })
  })

  test('withhold, delay, close', async () => {
    arm('twin.response.withhold')
    expect(await (await asking()).settled()).toEqual([])
    arm('twin.response.delay', { seconds: 9 })
    const late = await asking()
    expect(await late.settled()).toEqual([])
    server.clock.advance(9_000)
    expect((await late.next()).topic).toBe('$iothub/twin/res/200/?$rid=1')
    arm('twin.response.close')
    await (await asking()).closing()
  })

  test('body', async () => {
    arm('twin.response.body', { body: '{"desired":' })
    expect(String((await (await asking()).next()).payload)).toBe('{"desired":')
  })
})

describe('twin.desired', () => {
  test('body, withhold', async () => {
    const client = await server.connected(d1)
    const topic = '$iothub/twin/PATCH/properties/desired/#'
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] })
    await client.take('suback')
    arm('twin.desired.body', { body: '{"fan":' })
    arm('twin.desired.withhold')
    for (const fan of [1, 2, 3]) server.hub.twins.patch(d1, { desired: { fan } }, undefined)
    expect(String((await client.next()).payload)).toBe('{"fan":')
    expect(JSON.parse(String((await client.next()).payload))).toEqual({ fan: 3, $version: 4 })
  })
})

describe('tcp', () => {
  test('drop_now ends the live connection', async () => {
    const client = await server.connected(d1)
    arm('tcp.drop_now')
    await client.closing()
    expectFired()
    await server.journal('link-closed', ({ reason }) => reason === 'fault')
  })

  test('drop_now without a live connection ends the next one', async () => {
    arm('tcp.drop_now')
    await server.open().closing()
    expect(server.mqtt.connections).toBe(0)
    await server.connected(d1)
    expectFired()
  })

  test('drop_now with a scope ends no other connection', async () => {
    const other = await server.connected({ deviceId: 'd2' })
    const client = await server.connected(d1)
    arm('tcp.drop_now', {}, { scope: { identity: 'd1' } })
    await client.closing()
    expect(await other.settled()).toEqual([])
  })

  test('drop_now with a scope ends a new connection before it takes over from the live one', async () => {
    const live = await server.connected(d1)
    arm('tcp.drop_now', {}, { scope: { identity: 'd1' }, trigger: { skip: 1 } })
    await server.dial(d1).closing()
    expectFired()
    expect(await live.settled()).toEqual([])
    expect(server.hub.journal.entries.filter(({ type }) => type === 'connected')).toHaveLength(1)
  })

  test('reset', async () => {
    const client = await server.connected(d1)
    arm('tcp.reset')
    await client.closing()
    expectFired()
  })

  test('blackhole in: nothing arrives at the hub', async () => {
    const client = await server.connected(d1)
    arm('tcp.blackhole', { direction: 'in' })
    publish(client, 1)
    // Another connection completes a round trip meanwhile.
    await (await server.connected({ deviceId: 'd2' })).settled()
    expect(server.hub.telemetry.messages).toEqual([])
    expect(client.closed).toBe(false)
    expectFired()
    // The hub can still close it.
    server.hub.registry.update(d1, { status: 'disabled' }, '*')
    await client.closing()
  })

  test('cut: the connection ends in the middle of a packet', async () => {
    const client = await server.connected(d1)
    arm('tcp.cut', { bytes: 3 })
    publish(client, 1)
    await client.closing()
    expect(client.received).toHaveLength(1)
  })

  test('split changes no bytes', async () => {
    const client = await server.connected(d1)
    arm('tcp.split')
    publish(client, 1)
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 1 })
  })
})

describe("the service's own fault vocabulary", () => {
  const order = (type: string, delay: number, duration: number): string =>
    `${EVENTS}AzIoTHub_FaultOperationType=${type}&AzIoTHub_FaultOperationCloseReason=boom` +
    `&AzIoTHub_FaultOperationDelayInSecs=${delay}&AzIoTHub_FaultOperationDurationInSecs=${duration}`

  test.each(['KillTcp', 'ShutDownMqtt'])(
    'WIRE-D2C-20: %s closes after its delay, without PUBACK, and closes new connections for its duration',
    async (type) => {
      const client = await server.connected(d1)
      publish(client, 1, order(type, 5, 60))
      expect(await client.settled()).toEqual([])
      server.clock.advance(5_000)
      await client.closing()
      await server.dial(d1).closing()
      server.clock.advance(60_000)
      await server.connected(d1)
    },
  )

  test('a fault hits only the device that ordered it', async () => {
    const client = await server.connected(d1)
    publish(client, 1, order('KillTcp', 0, 60))
    await client.closing()
    await server.connected({ deviceId: 'd2' })
  })

  test.each(['KillTcp', 'InvokeThrottling'])(
    'WIRE-D2C-20: %s sent again with DUP orders again, and is not acknowledged either',
    async (type) => {
      const common = { cmd: 'publish', topic: order(type, 1, 0), payload: '', retain: false } as const
      for (const dup of [false, true, true]) {
        const client = await server.connected(d1)
        client.send({ ...common, qos: 1, messageId: 1, dup })
        expect(await client.settled()).toEqual([])
        server.clock.advance(1_000)
        await client.closing()
      }
    },
  )

  test.each(['InvokeThrottling', 'InvokeMaxMessageQuota', 'InvokeAuthError'])(
    'WIRE-D2C-19 WIRE-D2C-20: %s cuts the link after its delay, without PUBACK; the next link and its messages are accepted',
    async (type) => {
      const client = await server.connected(d1)
      publish(client, 1, order(type, 1, 0))
      expect(await client.settled()).toEqual([])
      server.clock.advance(1_000)
      await client.closing()
      const next = await server.connected(d1)
      publish(next, 1)
      await next.take('puback')
    },
  )

  test('InvokeAuthError refuses CONNECTs with 5 for its duration', async () => {
    const client = await server.connected(d1)
    publish(client, 1, order('InvokeAuthError', 0, 10))
    await client.closing()
    expect(await server.dial(d1).next()).toMatchObject({ cmd: 'connack', returnCode: 5 })
    server.clock.advance(10_000)
    await server.connected(d1)
  })

  test.each(['KillAmqpConnection', 'KillAmqpSession', 'KillAmqpD2CLink', 'Nonsense'])(
    '%s orders nothing over MQTT',
    async (type) => {
      const client = await server.connected(d1)
      publish(client, 1, order(type, 0, 0))
      await client.take('puback')
      expect(await client.settled()).toEqual([])
      expect(server.hub.telemetry.messages).toHaveLength(1)
    },
  )
})
