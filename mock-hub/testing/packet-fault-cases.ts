/** Cases of faults of MQTT packets that the hub sends as answers. */

import type { RawClient } from '../mqtt/testing/raw-client.ts'
import { EVENTS, publish, TWIN, type FaultCases } from './fault-case.ts'
import { DEVICE, type FaultBench } from './fault-bench.ts'
import { expect } from 'vitest'

const cases: FaultCases = {}
export { cases as packetFaultCases }

/** A request of a client, and the packet that answers it. */
interface Exchange {
  readonly cmd: 'puback' | 'suback' | 'unsuback' | 'pingresp' | 'publish'
  readonly topics?: readonly string[]
  /** Sends a request. @param id identifies it. */
  readonly request: (client: RawClient, id: number) => void
  /** The id of the request that an answer belongs to; undefined: answers have no id. */
  readonly idOf?: (packet: { messageId?: number; topic?: string }) => number
}

const EXCHANGES: Readonly<Record<string, Exchange>> = {
  'mqtt.puback': {
    cmd: 'puback',
    request: (client, messageId) => {
      client.send({ ...publish, topic: EVENTS, qos: 1, messageId })
    },
    idOf: ({ messageId = 0 }) => messageId,
  },
  'mqtt.suback': {
    cmd: 'suback',
    request: (client, messageId) => {
      client.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic: TWIN, qos: 0 }] })
    },
    idOf: ({ messageId = 0 }) => messageId,
  },
  'mqtt.unsuback': {
    cmd: 'unsuback',
    request: (client, messageId) => {
      client.send({ cmd: 'unsubscribe', messageId, unsubscriptions: [TWIN] })
    },
    idOf: ({ messageId = 0 }) => messageId,
  },
  'mqtt.pingresp': {
    cmd: 'pingresp',
    request: (client) => {
      client.send({ cmd: 'pingreq' })
    },
  },
  'twin.response': {
    cmd: 'publish',
    topics: [TWIN],
    request: (client, id) => {
      client.send({ ...publish, topic: `$iothub/twin/GET/?$rid=${String(id)}` })
    },
    idOf: ({ topic = '' }) => Number(/\$rid=(\d+)/.exec(topic)?.[1]),
  },
}

function seen(client: RawClient, { cmd, idOf }: Exchange): readonly unknown[] {
  return client.received
    .filter((packet) => packet.cmd === cmd)
    .map((packet) => (idOf === undefined ? packet.cmd : idOf(packet)))
    .filter((id) => id !== 99)
}

for (const [point, exchange] of Object.entries(EXCHANGES)) {
  const one = exchange.idOf === undefined ? exchange.cmd : 1
  const two = exchange.idOf === undefined ? exchange.cmd : 2
  const open = (bench: FaultBench): Promise<RawClient> => bench.connected(...(exchange.topics ?? []))
  cases[`${point}.withhold`] = async (bench, name) => {
    const client = await open(bench)
    bench.arm(name)
    exchange.request(client, 1)
    exchange.request(client, 2)
    await client.take(exchange.cmd)
    expect(seen(client, exchange)).toEqual([two])
  }
  cases[`${point}.delay`] = async (bench, name) => {
    const client = await open(bench)
    bench.arm(name, { seconds: 5 })
    exchange.request(client, 1)
    await bench.untilFired(name)
    await bench.roundTrip()
    expect(seen(client, exchange)).toEqual([])
    bench.clock.advance(5_000)
    await client.take(exchange.cmd)
    expect(seen(client, exchange)).toEqual([one])
  }
  cases[`${point}.close`] = async (bench, name) => {
    const client = await open(bench)
    bench.arm(name)
    exchange.request(client, 1)
    await client.closing()
    expect(seen(client, exchange)).toEqual([])
  }
  cases[`${point}.repeat`] = async (bench, name) => {
    const client = await open(bench)
    bench.arm(name, { times: 3 })
    exchange.request(client, 1)
    for (let i = 0; i < 3; i++) await client.take(exchange.cmd)
    expect(seen(client, exchange)).toEqual([one, one, one])
  }
  cases[`${point}.reorder`] = async (bench, name) => {
    const client = await open(bench)
    bench.arm(name)
    exchange.request(client, 1)
    await bench.untilFired(name)
    await bench.roundTrip()
    expect(seen(client, exchange)).toEqual([])
    exchange.request(client, 2)
    for (let i = 0; i < 2; i++) await client.take(exchange.cmd)
    expect(seen(client, exchange)).toEqual([two, one])
  }
  cases[`${point}.drop_after`] = async (bench, name) => {
    const client = await open(bench)
    bench.arm(name)
    exchange.request(client, 1)
    await client.closing()
    expect(seen(client, exchange)).toEqual([one])
  }
  cases[`${point}.malformed`] = async (bench, name) => {
    const client = await open(bench)
    bench.arm(name)
    exchange.request(client, 1)
    await client.garbage()
    expect(seen(client, exchange)).toEqual([])
  }
}

cases['mqtt.puback.forge'] = async (bench, name) => {
  const client = await bench.connected()
  bench.arm(name, { packetId: 7 })
  client.send({ ...publish, topic: EVENTS, qos: 1, messageId: 1 })
  expect((await client.take('puback')).messageId).toBe(7)
}
cases['mqtt.suback.code'] = async (bench, name) => {
  const client = await bench.connected()
  bench.arm(name, { code: 128 })
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: TWIN, qos: 0 }] })
  expect((await client.take('suback')).granted).toEqual([128])
}

cases['mqtt.connack.code'] = async (bench, name) => {
  bench.arm(name, { code: 3 })
  expect((await (await bench.sendConnect(DEVICE, false)).take('connack')).returnCode).toBe(3)
}
cases['mqtt.connack.withhold'] = async (bench, name) => {
  bench.arm(name)
  const client = await bench.sendConnect()
  await bench.untilFired(name)
  await bench.roundTrip()
  expect([client.received, client.closed]).toEqual([[], false])
}
cases['mqtt.connack.delay'] = async (bench, name) => {
  bench.arm(name, { seconds: 5 })
  const client = await bench.sendConnect()
  await bench.untilFired(name)
  await bench.roundTrip()
  expect(client.received).toEqual([])
  bench.clock.advance(5_000)
  expect((await client.take('connack')).returnCode).toBe(0)
}
cases['mqtt.connack.close'] = async (bench, name) => {
  bench.arm(name)
  const client = await bench.sendConnect()
  await client.closing()
  expect(client.received).toEqual([])
}
cases['mqtt.connack.repeat'] = async (bench, name) => {
  bench.arm(name, { times: 2 })
  const client = await bench.sendConnect()
  for (let i = 0; i < 2; i++) expect((await client.take('connack')).returnCode).toBe(0)
}
cases['mqtt.connack.drop_after'] = async (bench, name) => {
  bench.arm(name)
  const client = await bench.sendConnect()
  await client.closing()
  expect(client.received.map(({ returnCode }) => returnCode)).toEqual([0])
}
cases['mqtt.connack.malformed'] = async (bench, name) => {
  bench.arm(name)
  const client = await bench.sendConnect()
  await client.garbage()
  expect(client.received).toEqual([])
}
cases['mqtt.connack.session_present'] = async (bench, name) => {
  bench.arm(name, { value: true })
  expect((await (await bench.sendConnect(DEVICE, false)).take('connack')).sessionPresent).toBe(true)
}

cases['sessions.forget'] = async (bench, name) => {
  const reconnected = async (): Promise<unknown> =>
    ((await (await bench.sendConnect(DEVICE, false)).take('connack')) as { sessionPresent?: boolean })
      .sessionPresent
  const first = await bench.sendConnect(DEVICE, false)
  await first.take('connack')
  first.send({ cmd: 'subscribe', messageId: 99, subscriptions: [{ topic: TWIN, qos: 0 }] })
  await first.take('suback')
  expect(await reconnected()).toBe(true)
  bench.arm(name)
  expect(await reconnected()).toBe(false)
}
