import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import type rhea from 'rhea'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { FaultDefinition } from '../../core/contract/faults.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { createAmqpServer } from '../server.ts'
import type { AmqpServer } from '../server.ts'
import { data, dial } from '../testing/test-client.ts'

let clock: ManualClock
let hub: Hub
let server: AmqpServer
beforeEach(async () => {
  clock = new ManualClock()
  hub = createHub({ clock })
  for (const deviceId of ['d1', 'd2']) hub.registry.create({ deviceId })
  server = await createAmqpServer(hub)
})
afterEach(async () => {
  await server.stop()
  hub.stop()
})

interface Client {
  readonly send: () => void
  /** How many of its messages the hub has accepted. */
  readonly accepted: () => number
  /** The next acceptance. */
  readonly next: () => Promise<unknown>
}

async function client(deviceId = 'd1'): Promise<Client> {
  const key = hub.policies.find(({ name }) => name === 'iothubowner')?.primaryKey
  const connection: rhea.Connection = dial(server, 'iothubowner', key)
  const sender = connection.open_sender(`/devices/${deviceId}/messages/events`)
  await once(sender, 'sendable')
  let accepted = 0
  sender.on('accepted', () => accepted++)
  return {
    send: () => void sender.send({ body: data('x') }),
    accepted: () => accepted,
    next: () => once(sender, 'accepted'),
  }
}

/** A whole exchange of another client: what the hub had for the first one has arrived. */
const others = async (): Promise<void> => {
  const other = await client('d2')
  other.send()
  await other.next()
}
const arm = (name: string, more: Omit<FaultDefinition, 'name'> = {}): void => {
  hub.faults.arm({ name, ...more })
}

describe('over AMQP', () => {
  test.each([
    ['tcp.delay', { seconds: 5 }],
    ['tcp.coalesce', { seconds: 5 }],
    ['tcp.slow', { bytesPerSecond: 100 }],
  ])('%s holds what the hub sends until its time has come', async (name, parameters) => {
    const { send, accepted, next } = await client()
    arm(name, { parameters })
    send()
    await others()
    expect([hub.telemetry.messages.length, accepted()]).toEqual([2, 0])
    const arrives = next()
    clock.advance(5_000)
    await arrives
  })

  test.each(['stall', 'blackhole'])('tcp.%s: nothing passes while it lasts', async (effect) => {
    const { send, accepted } = await client()
    arm(`tcp.${effect}`)
    send()
    await others()
    expect([hub.telemetry.messages.length, accepted()]).toEqual([1, 0])
  })

  test.each([
    ['its duration is over', () => clock.advance(10_000)],
    ['it is disarmed', () => hub.faults.disarm()],
  ])('tcp.stall ends when %s, and what was held arrives in both directions', async (_when, end) => {
    const { send, next } = await client()
    arm('tcp.stall', { durationSeconds: 10 })
    send()
    await others()
    const arrives = next()
    end()
    await arrives
    expect(hub.telemetry.messages).toHaveLength(2)
  })

  test.each([
    ['its duration is over', () => clock.advance(10_000)],
    ['it is disarmed', () => hub.faults.disarm()],
  ])('tcp.blackhole ends when %s: what it swallowed is lost, what comes later passes', async (_when, end) => {
    const { send, next } = await client()
    arm('tcp.blackhole', { durationSeconds: 10, parameters: { direction: 'out' } })
    send()
    await others()
    end()
    const arrives = next()
    send()
    await arrives
    await others()
    expect(hub.telemetry.messages).toHaveLength(4)
  })

  test('tcp.split sends each byte in a write of its own', async () => {
    const [near, far] = duplexPair()
    const chunks: number[] = []
    near.on('data', (chunk: Buffer) => chunks.push(chunk.length))
    arm('tcp.split')
    server.accept(far, { transport: 'amqp', peer: 'test' })
    near.write(Buffer.from([0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0]))
    await others()
    expect(chunks.length).toBeGreaterThan(8)
    expect(new Set(chunks)).toEqual(new Set([1]))
  })

  test('a fault without a scope counts once for a connection, however many devices share it', async () => {
    const connection = dial(
      server,
      'iothubowner',
      hub.policies.find(({ name }) => name === 'iothubowner')?.primaryKey,
    )
    for (const deviceId of ['d1', 'd2'])
      await once(connection.open_sender(`/devices/${deviceId}/messages/events`), 'sendable')
    arm('tcp.slow', { count: 'always' })
    expect(hub.faults.list()[0]?.fired).toBe(1)
  })
})
