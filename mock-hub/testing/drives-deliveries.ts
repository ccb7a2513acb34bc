/** Drives the levers of what the hub brings to a device: messages, inputs, method requests, desired patches. */

import { expect } from 'vitest'
import type { RawClient, Received } from '../mqtt/testing/raw-client.ts'
import { DESIRED, fence, METHODS, stage, type Drives } from './driven.ts'
import { DEVICE, MODULE } from './fault-bench.ts'

export const deliveries: Drives = {}

interface Delivered {
  readonly topic: string
  readonly qos: 0 | 1
  readonly to: typeof DEVICE
  /** Makes the hub bring the nth thing. */
  readonly bring: (n: number) => void
  /** Which one it was, read from its body. */
  readonly read: (payload: string) => unknown
}

const message = (n: number) => ({ body: Buffer.from(String(n)), system: {}, properties: {} })

const DELIVERED: Readonly<Record<string, Delivered>> = {
  'twin.desired': {
    ...{ topic: DESIRED, qos: 0, to: DEVICE },
    bring: (n) => {
      stage.hub.twins.patch(DEVICE, { desired: { fan: n } }, undefined)
    },
    read: (payload) => (JSON.parse(payload) as { fan: number }).fan,
  },
  'c2d.delivery': {
    ...{ topic: 'devices/d1/messages/devicebound/#', qos: 1, to: DEVICE },
    bring: (n) => {
      stage.hub.c2d.send(DEVICE, message(n))
    },
    read: Number,
  },
  'input.delivery': {
    ...{ topic: 'devices/d1/modules/m1/inputs/#', qos: 1, to: MODULE },
    bring: (n) => {
      stage.hub.inputs.send(MODULE, 'in', message(n))
    },
    read: Number,
  },
  'method.request': {
    ...{ topic: METHODS, qos: 0, to: DEVICE },
    bring: (n) => {
      // Nobody answers it: it ends with the hub.
      stage.hub.methods.invoke(DEVICE, { methodName: 'reboot', payload: String(n) }).catch(() => undefined)
    },
    read: Number,
  },
}

const bodies = (client: RawClient, read: Delivered['read'] = String): unknown[] =>
  publishes(client).map(({ payload }) => read(String(payload)))
const publishes = (client: RawClient): Received[] => client.received.filter(({ cmd }) => cmd === 'publish')

for (const [point, { topic, qos, to, bring, read }] of Object.entries(DELIVERED)) {
  const ready = (): Promise<RawClient> => stage.admitted(to, [{ topic, qos }])
  deliveries[`${point}.withhold`] = async (name) => {
    const client = await ready()
    stage.arm(name)
    bring(1)
    bring(2)
    await client.take('publish')
    expect(bodies(client, read)).toEqual([2])
  }
  deliveries[`${point}.delay`] = async (name) => {
    const client = await ready()
    stage.arm(name, { seconds: 5 })
    bring(1)
    await fence()
    expect(publishes(client)).toEqual([])
    stage.clock.advance(5_000)
    await client.take('publish')
    expect(bodies(client, read)).toEqual([1])
  }
  deliveries[`${point}.repeat`] = async (name) => {
    const client = await ready()
    stage.arm(name, { dup: false })
    bring(1)
    await client.take('publish')
    await client.take('publish')
    const [first, second] = publishes(client)
    expect(bodies(client, read)).toEqual([1, 1])
    expect(second).toMatchObject({ topic: first?.topic, dup: false })
    if (qos === 1) expect(second?.messageId).not.toBe(first?.messageId)
  }
  deliveries[`${point}.topic`] = async (name) => {
    const client = await ready()
    stage.arm(name, { topic: 'nobody/asked/for/this' })
    bring(1)
    expect((await client.take('publish')).topic).toBe('nobody/asked/for/this')
  }
  deliveries[`${point}.body`] = async (name) => {
    const client = await ready()
    stage.arm(name, { body: '{"fan":' })
    bring(1)
    expect(String((await client.take('publish')).payload)).toBe('{"fan":')
  }
}
deliveries['twin.desired.version'] = async (name) => {
  const client = await stage.connected(DESIRED)
  stage.arm(name, { version: 77 })
  stage.hub.twins.patch(DEVICE, { desired: { fan: 1 } }, undefined)
  const { topic, payload } = await client.take('publish')
  expect(topic).toContain('$version=77')
  expect(JSON.parse(String(payload))).toEqual({ fan: 1, $version: 77 })
}
