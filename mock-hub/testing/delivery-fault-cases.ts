/** Cases of faults of what the hub delivers to a device: messages, inputs, method requests, desired properties. */

import { expect } from 'vitest'
import type { RawClient, Received } from '../mqtt/testing/raw-client.ts'
import { DESIRED, METHODS, type FaultCases } from './fault-case.ts'
import { DEVICE, MODULE, type FaultBench } from './fault-bench.ts'

const cases: FaultCases = {}
export { cases as deliveryFaultCases }

interface Delivered {
  readonly topic: string
  readonly qos: 0 | 1
  readonly to: typeof DEVICE
  /** Makes the hub deliver item n. */
  readonly deliver: (bench: FaultBench, n: number) => void
  /** Reads n from the body. */
  readonly read: (payload: string) => unknown
}

const message = (n: number) => ({ body: Buffer.from(String(n)), system: {}, properties: {} })

const DELIVERED: Readonly<Record<string, Delivered>> = {
  'twin.desired': {
    ...{ topic: DESIRED, qos: 0, to: DEVICE },
    deliver: (bench, n) => {
      bench.hub.twins.patch(DEVICE, { desired: { fan: n } }, undefined)
    },
    read: (payload) => (JSON.parse(payload) as { fan: number }).fan,
  },
  'c2d.delivery': {
    ...{ topic: 'devices/d1/messages/devicebound/#', qos: 1, to: DEVICE },
    deliver: (bench, n) => {
      bench.hub.c2d.send(DEVICE, message(n))
    },
    read: Number,
  },
  'input.delivery': {
    ...{ topic: 'devices/d1/modules/m1/inputs/#', qos: 1, to: MODULE },
    deliver: (bench, n) => {
      bench.hub.inputs.send(MODULE, 'in', message(n))
    },
    read: Number,
  },
  'method.request': {
    ...{ topic: METHODS, qos: 0, to: DEVICE },
    deliver: (bench, n) => {
      // Nobody responds; the call ends with the hub.
      bench.hub.methods.invoke(DEVICE, { methodName: 'reboot', payload: String(n) }).catch(() => undefined)
    },
    read: Number,
  },
}

const bodies = (client: RawClient, read: Delivered['read'] = String): unknown[] =>
  publishes(client).map(({ payload }) => read(String(payload)))
const publishes = (client: RawClient): Received[] => client.received.filter(({ cmd }) => cmd === 'publish')

for (const [point, { topic, qos, to, deliver, read }] of Object.entries(DELIVERED)) {
  const ready = (bench: FaultBench): Promise<RawClient> => bench.connectedAs(to, [{ topic, qos }])
  cases[`${point}.withhold`] = async (bench, name) => {
    const client = await ready(bench)
    bench.arm(name)
    deliver(bench, 1)
    deliver(bench, 2)
    await client.take('publish')
    expect(bodies(client, read)).toEqual([2])
  }
  cases[`${point}.delay`] = async (bench, name) => {
    const client = await ready(bench)
    bench.arm(name, { seconds: 5 })
    deliver(bench, 1)
    await bench.roundTrip()
    expect(publishes(client)).toEqual([])
    bench.clock.advance(5_000)
    await client.take('publish')
    expect(bodies(client, read)).toEqual([1])
  }
  cases[`${point}.repeat`] = async (bench, name) => {
    const client = await ready(bench)
    bench.arm(name, { dup: false })
    deliver(bench, 1)
    await client.take('publish')
    await client.take('publish')
    const [first, second] = publishes(client)
    expect(bodies(client, read)).toEqual([1, 1])
    expect(second).toMatchObject({ topic: first?.topic, dup: false })
    if (qos === 1) expect(second?.messageId).not.toBe(first?.messageId)
  }
  cases[`${point}.topic`] = async (bench, name) => {
    const client = await ready(bench)
    bench.arm(name, { topic: 'unexpected/topic' })
    deliver(bench, 1)
    expect((await client.take('publish')).topic).toBe('unexpected/topic')
  }
  cases[`${point}.body`] = async (bench, name) => {
    const client = await ready(bench)
    bench.arm(name, { body: '{"fan":' })
    deliver(bench, 1)
    expect(String((await client.take('publish')).payload)).toBe('{"fan":')
  }
}
cases['twin.desired.version'] = async (bench, name) => {
  const client = await bench.connected(DESIRED)
  bench.arm(name, { version: 77 })
  bench.hub.twins.patch(DEVICE, { desired: { fan: 1 } }, undefined)
  const { topic, payload } = await client.take('publish')
  expect(topic).toContain('$version=77')
  expect(JSON.parse(String(payload))).toEqual({ fan: 1, $version: 77 })
}
