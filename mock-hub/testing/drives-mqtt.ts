/** Drives the levers of MQTT packets: answers on their way out. */

import type { RawClient } from '../mqtt/testing/raw-client.ts'
import { EVENTS, fence, publish, stage, TWIN, type Drives } from './driven.ts'
import { expect } from 'vitest'

export const packets: Drives = {}

interface Asked {
  readonly cmd: 'puback' | 'suback' | 'unsuback' | 'pingresp' | 'publish'
  readonly topics?: readonly string[]
  /** Asks for one answer. @param id tells one question from another. */
  readonly ask: (client: RawClient, id: number) => void
  /** Which question an answer is for; undefined: they look alike. */
  readonly idOf?: (packet: { messageId?: number; topic?: string }) => number
}

const ANSWERS: Readonly<Record<string, Asked>> = {
  'mqtt.puback': {
    cmd: 'puback',
    ask: (client, messageId) => {
      client.send({ ...publish, topic: EVENTS, qos: 1, messageId })
    },
    idOf: ({ messageId = 0 }) => messageId,
  },
  'mqtt.suback': {
    cmd: 'suback',
    ask: (client, messageId) => {
      client.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic: TWIN, qos: 0 }] })
    },
    idOf: ({ messageId = 0 }) => messageId,
  },
  'mqtt.unsuback': {
    cmd: 'unsuback',
    ask: (client, messageId) => {
      client.send({ cmd: 'unsubscribe', messageId, unsubscriptions: [TWIN] })
    },
    idOf: ({ messageId = 0 }) => messageId,
  },
  'mqtt.pingresp': {
    cmd: 'pingresp',
    ask: (client) => {
      client.send({ cmd: 'pingreq' })
    },
  },
  'twin.response': {
    cmd: 'publish',
    topics: [TWIN],
    ask: (client, id) => {
      client.send({ ...publish, topic: `$iothub/twin/GET/?$rid=${String(id)}` })
    },
    idOf: ({ topic = '' }) => Number(/\$rid=(\d+)/.exec(topic)?.[1]),
  },
}

function seen(client: RawClient, { cmd, idOf }: Asked): readonly unknown[] {
  return client.received
    .filter((packet) => packet.cmd === cmd)
    .map((packet) => (idOf === undefined ? packet.cmd : idOf(packet)))
    .filter((id) => id !== 99)
}

for (const [point, asked] of Object.entries(ANSWERS)) {
  const one = asked.idOf === undefined ? asked.cmd : 1
  const two = asked.idOf === undefined ? asked.cmd : 2
  const open = async (): Promise<RawClient> => stage.connected(...(asked.topics ?? []))
  packets[`${point}.withhold`] = async (name) => {
    const client = await open()
    stage.arm(name)
    asked.ask(client, 1)
    asked.ask(client, 2)
    await client.take(asked.cmd)
    expect(seen(client, asked)).toEqual([two])
  }
  packets[`${point}.delay`] = async (name) => {
    const client = await open()
    stage.arm(name, { seconds: 5 })
    asked.ask(client, 1)
    await stage.struck(name)
    await fence()
    expect(seen(client, asked)).toEqual([])
    stage.clock.advance(5_000)
    await client.take(asked.cmd)
    expect(seen(client, asked)).toEqual([one])
  }
  packets[`${point}.close`] = async (name) => {
    const client = await open()
    stage.arm(name)
    asked.ask(client, 1)
    await client.closing()
    expect(seen(client, asked)).toEqual([])
  }
  packets[`${point}.repeat`] = async (name) => {
    const client = await open()
    stage.arm(name, { times: 3 })
    asked.ask(client, 1)
    for (let i = 0; i < 3; i++) await client.take(asked.cmd)
    expect(seen(client, asked)).toEqual([one, one, one])
  }
  packets[`${point}.reorder`] = async (name) => {
    const client = await open()
    stage.arm(name)
    asked.ask(client, 1)
    await stage.struck(name)
    await fence()
    expect(seen(client, asked)).toEqual([])
    asked.ask(client, 2)
    for (let i = 0; i < 2; i++) await client.take(asked.cmd)
    expect(seen(client, asked)).toEqual([two, one])
  }
  packets[`${point}.drop_after`] = async (name) => {
    const client = await open()
    stage.arm(name)
    asked.ask(client, 1)
    await client.closing()
    expect(seen(client, asked)).toEqual([one])
  }
  packets[`${point}.malformed`] = async (name) => {
    const client = await open()
    stage.arm(name)
    asked.ask(client, 1)
    await client.garbage()
    expect(seen(client, asked)).toEqual([])
  }
}

packets['mqtt.puback.forge'] = async (name) => {
  const client = await stage.connected()
  stage.arm(name, { packetId: 7 })
  client.send({ ...publish, topic: EVENTS, qos: 1, messageId: 1 })
  expect((await client.take('puback')).messageId).toBe(7)
}
packets['mqtt.suback.code'] = async (name) => {
  const client = await stage.connected()
  stage.arm(name, { code: 128 })
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: TWIN, qos: 0 }] })
  expect((await client.take('suback')).granted).toEqual([128])
}

packets['mqtt.connack.code'] = async (name) => {
  stage.arm(name, { code: 3 })
  expect((await (await stage.sentConnect()).take('connack')).returnCode).toBe(3)
}
packets['mqtt.connack.withhold'] = async (name) => {
  stage.arm(name)
  const client = await stage.sentConnect()
  await stage.struck(name)
  await fence()
  expect([client.received, client.closed]).toEqual([[], false])
}
packets['mqtt.connack.delay'] = async (name) => {
  stage.arm(name, { seconds: 5 })
  const client = await stage.sentConnect()
  await stage.struck(name)
  await fence()
  expect(client.received).toEqual([])
  stage.clock.advance(5_000)
  expect((await client.take('connack')).returnCode).toBe(0)
}
packets['mqtt.connack.close'] = async (name) => {
  stage.arm(name)
  const client = await stage.sentConnect()
  await client.closing()
  expect(client.received).toEqual([])
}
packets['mqtt.connack.repeat'] = async (name) => {
  stage.arm(name, { times: 2 })
  const client = await stage.sentConnect()
  for (let i = 0; i < 2; i++) expect((await client.take('connack')).returnCode).toBe(0)
}
packets['mqtt.connack.drop_after'] = async (name) => {
  stage.arm(name)
  const client = await stage.sentConnect()
  await client.closing()
  expect(client.received.map(({ returnCode }) => returnCode)).toEqual([0])
}
packets['mqtt.connack.malformed'] = async (name) => {
  stage.arm(name)
  const client = await stage.sentConnect()
  await client.garbage()
  expect(client.received).toEqual([])
}
packets['mqtt.connack.session_present'] = async (name) => {
  stage.arm(name, { value: true })
  expect((await (await stage.sentConnect()).take('connack')).sessionPresent).toBe(true)
}
