/** Faults that a device orders for itself: an order given over one transport holds over every other one. */

import { once } from 'node:events'
import rhea from 'rhea'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FaultBench } from './fault-bench.ts'

const SECONDS = 60

let bench: FaultBench
let amqp: rhea.Connection[]
beforeEach(async () => {
  bench = await FaultBench.start()
  amqp = []
})
afterEach(async () => {
  for (const connection of amqp) connection.close()
  await bench.stop()
})

const properties = (type: string): Record<string, string> => ({
  AzIoTHub_FaultOperationType: type,
  AzIoTHub_FaultOperationDelayInSecs: '0',
  AzIoTHub_FaultOperationDurationInSecs: String(SECONDS),
})

/** How a device sends a message, and what becomes of it. */
interface Transport {
  /** Sends a message with these properties, and waits until the hub has done what it does with it. */
  order(type: string): Promise<void>
  /** `accepted`, `closed` (the connection breaks), or the name of the refusal. */
  outcome(): Promise<string>
}

const overMqtt: Transport = {
  async order(type) {
    const client = await bench.connected()
    const bag = new URLSearchParams(properties(type)).toString()
    client.send({
      ...{ cmd: 'publish', topic: `devices/d1/messages/events/${bag}`, payload: 'x' },
      ...{ qos: 1, messageId: 1, dup: false, retain: false },
    })
    await bench.hub.journal.until(({ type: entry }) => entry === 'operation')
    if (type !== 'KillTcp') client.drop()
    else await client.closing()
  },
  async outcome() {
    const client = await bench.sendConnect()
    try {
      const { returnCode } = await client.take('connack')
      if (returnCode !== 0) return `CONNACK ${String(returnCode)}`
      client.send({
        ...{ cmd: 'publish', topic: 'devices/d1/messages/events/', payload: 'x' },
        ...{ qos: 1, messageId: 1, dup: false, retain: false },
      })
      const before = await client.settled()
      return before.length === 1 ? 'accepted' : 'not acknowledged'
    } catch {
      return 'closed'
    } finally {
      client.drop()
    }
  },
}

function dialAmqp(): {
  connection: rhea.Connection
  sender: rhea.Sender
  refused: Promise<string>
} {
  const { amqpPort = 0, caPem, policies } = bench.hub
  const connection = rhea.create_container().connect({
    ...{ port: amqpPort, host: '127.0.0.1', servername: 'localhost', transport: 'tls', ca: caPem },
    ...{ username: 'iothubowner', password: policies[0]?.primaryKey ?? '', reconnect: false },
  })
  amqp.push(connection)
  for (const name of ['disconnected', 'connection_error', 'error', 'sender_error'])
    connection.on(name, () => undefined)
  const sender = connection.open_sender('/devices/d1/messages/events')
  const closed = once(connection, 'disconnected').then(() => 'closed')
  const refused = Promise.race([
    closed,
    once(sender, 'sender_error').then(() => String((sender.error as { condition?: unknown }).condition)),
  ])
  return { connection, sender, refused }
}
const body = rhea.message.data_section(Buffer.from('x')) as Buffer
const overAmqp: Transport = {
  async order(type) {
    const { connection, sender, refused } = dialAmqp()
    await once(sender, 'sendable')
    sender.send({ body, application_properties: properties(type) })
    if (type === 'KillTcp') await refused
    else {
      await once(sender, 'accepted')
      connection.close()
      await once(connection, 'connection_close')
    }
  },
  async outcome() {
    const { connection, sender, refused } = dialAmqp()
    const sent = once(sender, 'sendable').then(async () => {
      sender.send({ body })
      return Promise.race([
        once(sender, 'accepted').then(() => 'accepted'),
        once(sender, 'rejected').then(() => 'rejected'),
      ])
    })
    const outcome = await Promise.race([refused, sent])
    connection.close()
    return outcome
  },
}

const overHttps: Transport = {
  async order(type) {
    const headers = Object.fromEntries(
      Object.entries(properties(type)).map(([name, value]) => [`iothub-app-${name}`, value]),
    )
    const answer = bench.https('POST', '/devices/d1/messages/events', 'x', headers)
    if (type === 'KillTcp') await expect(answer).rejects.toThrow()
    else expect((await answer).status).toBe(204)
  },
  async outcome() {
    try {
      const { status } = await bench.https('POST', '/devices/d1/messages/events', 'x')
      return status === 204 ? 'accepted' : String(status)
    } catch {
      return 'closed'
    }
  },
}

const TRANSPORTS = { MQTT: overMqtt, AMQP: overAmqp, HTTPS: overHttps } as const
type Name = keyof typeof TRANSPORTS

/** What a device sees while the fault lasts. */
const EXPECTED: Readonly<Record<string, Readonly<Record<Name, string>>>> = {
  KillTcp: { MQTT: 'closed', AMQP: 'closed', HTTPS: 'closed' },
  InvokeThrottling: {
    MQTT: 'accepted',
    AMQP: 'com.microsoft:device-container-throttled',
    HTTPS: '429',
  },
  InvokeMaxMessageQuota: { MQTT: 'accepted', AMQP: 'amqp:resource-limit-exceeded', HTTPS: '403' },
  InvokeAuthError: { MQTT: 'CONNACK 5', AMQP: 'amqp:unauthorized-access', HTTPS: '401' },
}
const cases = Object.entries(EXPECTED).flatMap(([type, seen]) =>
  (['MQTT', 'AMQP', 'HTTPS'] as const).flatMap((ordered) =>
    (['MQTT', 'AMQP', 'HTTPS'] as const).map((over) => ({ type, ordered, over, seen: seen[over] })),
  ),
)

describe('WIRE-D2C-20: a fault that a device orders holds over every transport', () => {
  test.each(cases)(
    '$type, ordered over $ordered: over $over it is "$seen"',
    async ({ type, ordered, over, seen }) => {
      await TRANSPORTS[ordered].order(type)
      expect(await TRANSPORTS[over].outcome()).toBe(seen)
      bench.clock.advance(SECONDS * 1000)
      expect(await TRANSPORTS[over].outcome()).toBe('accepted')
    },
  )

  test('ShutDownMqtt closes MQTT and leaves the others', async () => {
    await overHttps.order('ShutDownMqtt')
    expect([await overMqtt.outcome(), await overAmqp.outcome(), await overHttps.outcome()]).toEqual([
      'closed',
      'accepted',
      'accepted',
    ])
  })

  test.each(['ShutDownAmqp', 'KillAmqpConnection'])('%s closes AMQP and leaves the others', async (type) => {
    await overHttps.order(type)
    expect([await overMqtt.outcome(), await overAmqp.outcome(), await overHttps.outcome()]).toEqual([
      'accepted',
      'closed',
      'accepted',
    ])
  })

  test.each(['ShutDownAmqp', 'KillAmqpConnection'])(
    '%s closes the connection with a condition, and drops new ones without a word',
    async (type) => {
      const { connection, sender } = dialAmqp()
      await once(sender, 'sendable')
      const closed = once(connection, 'connection_error')
      await overHttps.order(type)
      await closed
      expect(connection.error).toMatchObject({ condition: 'amqp:connection:forced' })
      const next = dialAmqp()
      expect(await next.refused).toBe('closed')
      expect(next.connection.error).toBeUndefined()
    },
  )

  test('an order over HTTPS breaks the connection that the device has', async () => {
    const client = await bench.connected()
    await overHttps.order('ShutDownMqtt')
    await client.closing()
  })

  test('it ends when the identity is deleted, as a reset of the hub does', async () => {
    await overHttps.order('InvokeAuthError')
    bench.hub.reset()
    expect(await overMqtt.outcome()).toBe('accepted')
  })
})
