/** Clients that do not read, give no credit or say nothing (docs/reliability.md#limits). */

import { duplexPair, type Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { frameOf, protocolHeader, SASL_FRAME } from '../codec/frames.ts'
import { encodeMessage } from '../codec/messages.ts'
import { string } from '../codec/values.ts'
import { createAmqpServer, type AmqpServer } from '../server.ts'

let clock: ManualClock
let hub: Hub
let server: AmqpServer
let near: Duplex
let far: Duplex
beforeEach(() => start(200_000))
afterEach(stop)

async function start(maxUnreadBytes: number): Promise<void> {
  clock = new ManualClock()
  hub = createHub({ clock, settings: { maxUnreadBytes } })
  server = await createAmqpServer(hub, { partitions: 1 })
  ;[near, far] = duplexPair()
  server.accept(far, { transport: 'amqp', peer: 'test' })
}
async function stop(): Promise<void> {
  await server.stop()
  hub.stop()
}
function appendEvents(count: number, bytes: number): void {
  for (let n = 0; n < count; n++)
    hub.telemetry.append({
      ...{ body: Buffer.alloc(bytes, n), system: {}, properties: {}, source: 'Telemetry' },
      ...{ deviceId: 'd', moduleId: undefined, modelId: undefined, authMethod: '{}', authGenerationId: '1' },
    })
}
const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++)
    await new Promise<void>((resolve) => {
      process.nextTick(resolve)
    })
}
const windows = { nextIncomingId: 0, incomingWindow: 2 ** 31 - 1, nextOutgoingId: 0, outgoingWindow: 100 }

/** Logs in with a policy, and begins a session. */
function hello(): void {
  const [owner] = hub.policies
  const initialResponse = Buffer.from(`\0${owner?.name ?? ''}\0${owner?.primaryKey ?? ''}`)
  near.write(
    Buffer.concat([
      protocolHeader(3),
      frameOf(SASL_FRAME, 0, 'saslInit', { mechanism: 'PLAIN', initialResponse }),
      protocolHeader(0),
      frameOf(0, 0, 'open', { containerId: 'c', maxFrameSize: 65_536 }),
      frameOf(0, 0, 'begin', { ...windows }),
    ]),
  )
}
function attach(address: string, handle: number, receives: boolean, linkCredit = 0): void {
  const terminus = { address, dynamic: false, filter: undefined }
  const fields = receives ? { source: terminus } : { target: terminus, initialDeliveryCount: 0 }
  near.write(frameOf(0, 0, 'attach', { name: `${handle}`, handle, role: receives, ...fields }))
  if (receives && linkCredit > 0)
    near.write(frameOf(0, 0, 'flow', { ...windows, handle, deliveryCount: 0, linkCredit }))
}
const lastReceived = (): string => {
  const [last] = hub.lastRefusals
  return `${last?.explanation.rule}: ${last?.explanation.received}`
}

const QUESTION = encodeMessage({
  application: new Map([
    ['operation', string('READ')],
    ['name', string('localhost')],
    ['type', string('com.microsoft:eventhub')],
  ]),
  data: [],
})
/** Asks the node behind handle 1. */
async function ask(id: number): Promise<void> {
  const fields = { handle: 1, deliveryId: id, deliveryTag: Buffer.from('t'), messageFormat: 0 }
  near.write(frameOf(0, 0, 'transfer', fields, QUESTION))
  await turns(4)
}

test('an Event Hubs reader with endless credit gets as much as it reads, and no more waits', async () => {
  appendEvents(100, 60_000)
  hello()
  attach('localhost/ConsumerGroups/$Default/Partitions/0', 0, true, 1_000_000)
  await turns(50)
  expect(far.writableLength).toBeLessThan(150_000)
  let bytes = 0
  near.on('data', (chunk: Buffer) => (bytes += chunk.length))
  while (bytes < 100 * 60_000) await turns(1)
  expect(hub.lastRefusals).toEqual([])
})

test('several large events are sent ahead of a reader, so that it need not wait for each', async () => {
  await stop()
  await start(16_777_216)
  appendEvents(20, 200_000)
  hello()
  attach('localhost/ConsumerGroups/$Default/Partitions/0', 0, true, 1_000_000)
  await turns(50)
  expect(far.writableLength).toBeGreaterThan(5 * 200_000)
  expect(far.writableLength).toBeLessThan(7 * 200_000)
})

test('limit-unread: a client that asks and does not read is not read either, and closed for its silence', async () => {
  hello()
  attach('$management', 0, true, 1_000_000)
  attach('$management', 1, false)
  await turns(20)
  for (let id = 0; id < 90; id++) await ask(id)
  expect(far.writableLength).toBeLessThan(200_000)
  clock.advance(240_000)
  expect(server.connections).toBe(1)
  expect(lastReceived()).toMatch(/^amqp:connection:forced: none, while it left \d+ bytes unread/)
  clock.advance(10_000)
  expect(server.connections).toBe(0)
  expect(far.destroyed).toBe(true)
})

test.each([
  ['bytes', 10_000, /^limit-unread: 10\d{3} bytes of messages without credit that wait for it$/],
  ['messages', 16_777_216, /^limit-unread: none for 1001 messages$/],
])('limit-unread: a link that gives no credit is detached when too many %s wait', async (_, most, reason) => {
  await stop()
  await start(most)
  near.resume()
  hello()
  attach('$management', 0, true)
  attach('$management', 1, false)
  await turns(20)
  for (let id = 0; id < 1_001 && hub.lastRefusals.length === 0; id++) await ask(id)
  expect(lastReceived()).toMatch(reason)
  // The connection and its other links go on.
  expect(server.connections).toBe(1)
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['half a header', Buffer.from('AMQ')],
  ['a header and half an OPEN', Buffer.concat([protocolHeader(0), Buffer.from([0, 0, 0, 99, 2, 0])])],
])('a client that sends %s is closed after 60 s', async (_, bytes) => {
  near.write(bytes)
  near.resume()
  await turns(5)
  clock.advance(60_000)
  await turns(5)
  expect(server.connections).toBe(0)
  expect(lastReceived()).toMatch(/^amqp:connection:forced: none/)
  clock.advance(5_000)
  expect(far.destroyed).toBe(true)
})
