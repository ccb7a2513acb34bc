import { once } from 'node:events'
import type rhea from 'rhea'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { createAmqpServer } from '../server.ts'
import type { AmqpServer } from '../server.ts'
import { data, dial, outcome, received } from '../testing/test-client.ts'

const D1 = { deviceId: 'd1' }
let clock: ManualClock
let hub: Hub
let server: AmqpServer
let connection: rhea.Connection
let events: rhea.Sender
beforeEach(async () => {
  clock = new ManualClock(1_700_000_000_000)
  hub = createHub({ clock })
  hub.registry.create(D1)
  server = await createAmqpServer(hub)
  // A policy with all rights may speak for every device.
  connection = dial(
    server,
    'iothubowner',
    hub.policies.find(({ name }) => name === 'iothubowner')?.primaryKey,
  )
  events = connection.open_sender('/devices/d1/messages/events')
  await once(events, 'sendable')
})
afterEach(async () => {
  await server.stop()
  hub.stop()
})

const order = (type: string, durationSeconds = 0): Promise<string> =>
  outcome(events, {
    body: data('x'),
    application_properties: {
      AzIoTHub_FaultOperationType: type,
      AzIoTHub_FaultOperationDurationInSecs: String(durationSeconds),
    },
  })

test('KillAmqpD2CLink: the message is accepted, then its link is detached', async () => {
  const gone = once(events, 'sender_error')
  expect(await order('KillAmqpD2CLink')).toBe('accepted')
  clock.advance(0)
  await gone
  expect(events.error).toMatchObject({ condition: 'amqp:link:detach-forced' })
  expect(server.connections).toBe(1)
})

/** Attaches the pair of links of a node, and orders a fault. @returns whether the sender and the receiver are open then. */
async function openAfter(type: string, node: string): Promise<readonly [sender: boolean, receiver: boolean]> {
  const sender = connection.open_sender(node)
  const receiver = connection.open_receiver(node)
  await Promise.all([once(sender, 'sender_open'), once(receiver, 'receiver_open')])
  const gone = Promise.race([once(sender, 'sender_error'), once(receiver, 'receiver_error')])
  expect(await order(type)).toBe('accepted')
  await gone
  expect(await order('none')).toBe('accepted')
  return [sender.is_open(), receiver.is_open()]
}

test.each([
  ['KillAmqpCBSLinkReq', '$cbs', [false, true]],
  ['KillAmqpCBSLinkResp', '$cbs', [true, false]],
  ['KillAmqpTwinLinkReq', '/devices/d1/twin', [false, true]],
  ['KillAmqpTwinLinkResp', '/devices/d1/twin', [true, false]],
  ['KillAmqpMethodReqLink', '/devices/d1/methods/devicebound', [true, false]],
  ['KillAmqpMethodRespLink', '/devices/d1/methods/devicebound', [false, true]],
] as const)('telemetry-fault-links: %s detaches one link of %s', async (type, node, open) => {
  expect(await openAfter(type, node)).toEqual(open)
})

test('KillAmqpConnection: the connection is closed', async () => {
  const gone = once(connection, 'connection_error')
  expect(await order('KillAmqpConnection')).toBe('accepted')
  clock.advance(0)
  await gone
  expect(connection.error).toMatchObject({ condition: 'amqp:connection:forced' })
  expect(hub.registry.get(D1).connectionState).toBe('Disconnected')
})

test('KillAmqpSession ends the session of the sender only', async () => {
  hub.registry.create({ deviceId: 'd2' })
  const session = connection.create_session()
  session.open()
  const other = session.open_sender('/devices/d2/messages/events')
  await once(other, 'sendable')
  const gone = once(connection, 'session_error')
  expect(await order('KillAmqpSession')).toBe('accepted')
  await gone
  expect(await outcome(other, { body: data('y') })).toBe('accepted')
  expect(server.connections).toBe(1)
})

test.each(['toString', 'constructor', 'valueOf', '__proto__'])(
  'the fault type %s does not exist: the message orders no fault',
  async (type) => {
    expect(await order(type, 60)).toBe('accepted')
    clock.advance(0)
    expect(await outcome(events, { body: data('y') })).toBe('accepted')
    expect(server.connections).toBe(1)
  },
)

test('KillTcp: the message is stored and never accepted', async () => {
  const stored = new Promise((resolve) => hub.telemetry.subscribe(resolve))
  events.send({ body: data('x'), application_properties: { AzIoTHub_FaultOperationType: 'KillTcp' } })
  await stored
  clock.advance(0)
  expect(server.connections).toBe(0)
})

test('InvokeThrottling: messages are refused while the fault lasts', async () => {
  expect(await order('InvokeThrottling', 10)).toBe('accepted')
  clock.advance(0)
  expect(await outcome(events, { body: data('x') })).toBe('com.microsoft:device-container-throttled')
  clock.advance(10_000)
  expect(await outcome(events, { body: data('x') })).toBe('accepted')
})

test('c2d.delivery.withhold: the message does not reach the device', async () => {
  hub.faults.arm({ name: 'c2d.delivery.withhold', scope: { identity: 'd1' } })
  const receiver = connection.open_receiver('/devices/d1/messages/devicebound')
  await once(receiver, 'receiver_open')
  const next = received(receiver)
  for (const text of ['lost', 'brought'])
    hub.c2d.send(D1, { body: Buffer.from(text), system: {}, properties: {} })
  const { message } = await next
  expect(String((message.body as { content: Buffer }).content)).toBe('brought')
})

test('tcp.drop_now ends the connection of the device in its scope', () => {
  hub.faults.arm({ name: 'tcp.drop_now', scope: { identity: 'another' } })
  expect(server.connections).toBe(1)
  hub.faults.arm({ name: 'tcp.drop_now', scope: { identity: 'd1' } })
  expect(server.connections).toBe(0)
})

test('frames are journalled decoded, without credentials', () => {
  const packets = hub.journal.entries.filter((entry) => entry.type === 'packet')
  const names = packets.map(({ direction, cmd }) => `${direction} ${cmd}`)
  expect(names).toEqual(
    expect.arrayContaining(['in saslInit', 'out saslOutcome', 'in open', 'in attach', 'out flow']),
  )
  expect(packets.find(({ cmd }) => cmd === 'saslInit')?.packet).toMatchObject({ initialResponse: '***' })
})
