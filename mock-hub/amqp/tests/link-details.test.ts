/** Details of links on which clients depend (docs/contract/amqp.md). */

import { once } from 'node:events'
import rhea from 'rhea'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { createAmqpServer } from '../server.ts'
import type { AmqpServer } from '../server.ts'
import { rawClient } from '../testing/raw-client.ts'
import { data, dial, dialService, outcome, putToken, received, tokenFor } from '../testing/test-client.ts'

const NOW = 1_700_000_000_000
const D1 = { deviceId: 'Leaf1' }
const M1 = { deviceId: 'Leaf1', moduleId: 'Mod1' }
let clock: ManualClock
let hub: Hub
let server: AmqpServer
beforeEach(async () => {
  clock = new ManualClock(NOW)
  hub = createHub({ clock })
  for (const identity of [D1, M1]) hub.registry.create(identity)
  server = await createAmqpServer(hub)
})
afterEach(async () => {
  await server.stop()
  hub.stop()
})

/** A policy with all rights may speak for every device. */
const dialOwner = (): rhea.Connection =>
  dial(server, 'iothubowner', hub.policies.find(({ name }) => name === 'iothubowner')?.primaryKey)

async function receiverOf(
  source: string,
  options: object = {},
  connection = dialOwner(),
): Promise<rhea.Receiver> {
  const receiver = connection.open_receiver({ source, autoaccept: false, autosettle: false, ...options })
  await once(receiver, 'receiver_open')
  return receiver
}

interface Described {
  described(): object
}
const states = rhea.message as unknown as Record<'accepted' | 'released' | 'rejected', () => Described> // rhea's typings omit them

/** Sends an outcome that is not settled. @returns the state that the hub answers. */
async function dispose(delivery: rhea.Delivery | undefined, state: Described): Promise<unknown> {
  const answered = hub.journal.until(
    (entry) => entry.type === 'packet' && entry.direction === 'out' && entry.cmd === 'disposition',
    { after: hub.journal.seq },
  )
  // rhea repeats no outcome that has been answered.
  if (delivery !== undefined) Object.assign(delivery, { remote_settled: false })
  delivery?.update(false, state.described())
  const answer = (await answered) as { packet: { role: boolean; settled: boolean; state: object } } // as asked
  expect(answer.packet).toMatchObject({ role: false, settled: true })
  return answer.packet.state
}
const sendC2d = (system = {}): unknown =>
  hub.c2d.send(D1, { body: Buffer.from('x'), system: { messageId: 'm', ...system }, properties: {} })

test('amqp-open, amqp-begin: OPEN and BEGIN of the hub are as captured', async () => {
  await once(dialOwner().open_sender('/devices/Leaf1/messages/events'), 'sendable')
  const [open, begin] = ['open', 'begin'].map((cmd) =>
    hub.journal.entries.find(
      (entry) => entry.type === 'packet' && entry.direction === 'out' && entry.cmd === cmd,
    ),
  )
  expect(open).toMatchObject({
    packet: {
      containerId: expect.stringMatching(/^DeviceGateway_[0-9a-f]{32}$/) as string,
      maxFrameSize: 65_536,
      channelMax: 8_191,
      idleTimeOut: 120_000,
    },
  })
  // rhea's own window is 2048.
  expect(begin).toMatchObject({
    packet: { nextOutgoingId: 1, incomingWindow: 5_000, outgoingWindow: 2_048, handleMax: 262_143 },
  })
})

test('amqp-open: a connection has room for more than 256 sessions', async () => {
  const connection = dialOwner()
  const sessions = Array.from({ length: 300 }, () => connection.create_session())
  const last = sessions.at(-1)
  for (const session of sessions) session.open()
  const sender = last?.open_sender('/devices/Leaf1/messages/events')
  if (sender === undefined) throw new Error('no session')
  expect(await outcome(sender, { body: data('x') })).toBe('accepted')
})

test('amqp-ulong: a link attaches with a max-message-size of 2^64-1', async () => {
  const types = rhea.types as unknown as { wrap_ulong(bytes: Buffer): unknown } // rhea's typings omit the bytes
  const receiver = await receiverOf('/devices/Leaf1/messages/devicebound', {
    max_message_size: types.wrap_ulong(Buffer.alloc(8, 0xff)),
  })
  sendC2d()
  expect((await received(receiver)).message.message_id).toBe('m')
})

test('amqp-telemetry-size-open, amqp-cbs-link: size and credit of the links on which the hub receives', async () => {
  const connection = dialOwner()
  for (const [address, credit] of [
    ['/devices/Leaf1/messages/events', 1_000],
    ['$cbs', 100],
  ] as const) {
    const sender = connection.open_sender(address)
    await once(sender, 'sendable')
    const limits = sender as unknown as { max_message_size: number; credit: number } // rhea's typings omit them
    expect([limits.max_message_size, limits.credit]).toEqual([1_048_576, credit])
  }
})

describe('cloud-to-device messages', () => {
  test('amqp-c2d-annotations, amqp-c2d-properties, amqp-delivery-tag', async () => {
    const receiver = await receiverOf('/devices/Leaf1/messages/devicebound')
    const system = { creationTimeUtc: '2026-01-01T00:00:00Z', messageSchema: 's', operation: 'o' }
    sendC2d(system)
    const { message, delivery } = await received(receiver)
    expect(message.message_annotations).toEqual({
      'x-opt-sequence-number': 1,
      'iothub-deliverycount': 0,
      'iothub-enqueuedtime': new Date(NOW),
    })
    expect(message.application_properties).toEqual({
      'iothub-creation-time-utc': system.creationTimeUtc,
      'iothub-message-schema': 's',
      'iothub-operation': 'o',
    })
    expect(delivery?.tag).toHaveLength(16)
    const again = received(receiver)
    delivery?.release({ undeliverable_here: false })
    const repeated = await again
    expect(repeated.message).toMatchObject({
      message_annotations: { 'iothub-deliverycount': 0 },
      delivery_count: 0,
    })
    expect(hub.c2d.count(D1)).toBe(1)
  })

  test('open-delivery-count: with a setting the delivery count rises', async () => {
    await server.stop()
    hub.stop()
    hub = createHub({ clock, settings: { deliveryCountOverAmqp: true } })
    hub.registry.create(D1)
    server = await createAmqpServer(hub)
    const receiver = await receiverOf('/devices/Leaf1/messages/devicebound')
    sendC2d()
    const { delivery } = await received(receiver)
    const again = received(receiver)
    delivery?.release({ undeliverable_here: false })
    expect((await again).message.message_annotations).toMatchObject({ 'iothub-deliverycount': 1 })
  })

  test.each(['accepted', 'released', 'rejected'] as const)(
    'WIRE-AMQP-13: %s takes effect and is answered with accepted',
    async (name) => {
      const receiver = await receiverOf('/devices/Leaf1/messages/devicebound')
      sendC2d()
      const { delivery } = await received(receiver)
      expect(await dispose(delivery, states[name]())).toEqual({ type: 'accepted' })
      expect(hub.c2d.count(D1)).toBe(name === 'released' ? 1 : 0)
    },
  )

  test('amqp-settle-lost: an outcome after the lock ran out is refused, and the message stays', async () => {
    const receiver = await receiverOf('/devices/Leaf1/messages/devicebound', { credit_window: 0 })
    receiver.add_credit(1)
    sendC2d()
    const { delivery } = await received(receiver)
    clock.advance(hub.settings.c2dLockSeconds * 1000)
    expect(await dispose(delivery, states.accepted())).toMatchObject({
      error: { condition: 'com.microsoft:message-lock-lost' },
    })
    expect(hub.c2d.count(D1)).toBe(1)
  })
})

test('amqp-settle-lost: the same holds for the queues of back ends', async () => {
  const source = '/messages/serviceBound/filenotifications'
  const receiver = await receiverOf(source, { credit_window: 0 }, dialService(server, hub))
  receiver.add_credit(1)
  const push = hub.fileNotifications as unknown as { push(item: object): void } // the core's own side of the queue
  push.push({ deviceId: 'Leaf1', blobName: 'f' })
  const { delivery } = await received(receiver)
  expect(delivery?.tag).toHaveLength(16)
  clock.advance(60_000)
  expect(await dispose(delivery, states.accepted())).toMatchObject({
    error: { condition: 'com.microsoft:message-lock-lost' },
  })
})

test('amqp-input-disposition, amqp-delivery-tag: inputs of modules; a repeated outcome is answered too', async () => {
  const receiver = await receiverOf('/devices/Leaf1/modules/Mod1/messages/events')
  const next = received(receiver)
  hub.inputs.send(M1, 'in', { body: Buffer.from('x'), system: {}, properties: {} })
  const { delivery } = await next
  expect(delivery?.tag).toHaveLength(16)
  expect(await dispose(delivery, states.accepted())).toEqual({ type: 'accepted' })
  expect(await dispose(delivery, states.released())).toEqual({ type: 'accepted' })
})

test('WIRE-C2D-23: a back end sends to a module, which receives on its own node', async () => {
  const path = '/devices/Leaf1/modules/Mod1/messages/devicebound'
  const receiver = await receiverOf(path)
  const next = received(receiver)
  const sender = dialService(server, hub).open_sender('/messages/devicebound')
  expect(await outcome(sender, { to: path, body: data('x') })).toBe('accepted')
  const { message, delivery } = await next
  expect(message.to).toBe(path)
  expect(await dispose(delivery, states.accepted())).toEqual({ type: 'accepted' })
  expect(hub.c2d.count(M1)).toBe(0)
})

describe('$cbs', () => {
  const keyOf = (identity: { deviceId: string; moduleId?: string }): string =>
    hub.registry.get(identity).authentication.symmetricKey.primaryKey ?? ''
  const expiry = NOW / 1000 + 600

  test('amqp-cbs-module-audience: a module may name its device as the audience', async () => {
    const connection = dial(server)
    const token = tokenFor('localhost/devices/Leaf1/modules/Mod1', keyOf(M1), expiry)
    const answer = await putToken(connection, 'localhost/devices/Leaf1', token)
    expect(answer.application_properties).toMatchObject({ 'status-code': 200 })
    const own = connection.open_sender('/devices/Leaf1/modules/Mod1/messages/events')
    expect(await outcome(own, { body: data('x') })).toBe('accepted')
    const device = connection.open_sender('/devices/Leaf1/messages/events')
    await once(device, 'sender_error')
    expect(device.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
  })

  test('amqp-cbs-case: the case of the audience does not count', async () => {
    const connection = dial(server)
    const token = tokenFor('localhost/devices/Leaf1', keyOf(D1), expiry)
    const answer = await putToken(connection, 'LOCALHOST/Devices/leaf1', token)
    expect(answer.application_properties).toMatchObject({ 'status-code': 200 })
    const sender = connection.open_sender('/devices/Leaf1/messages/events')
    expect(await outcome(sender, { body: data('x') })).toBe('accepted')
  })

  test('amqp-cbs-disabled: the token of a disabled device is answered with 404', async () => {
    hub.registry.update(D1, { status: 'disabled' }, '*')
    const token = tokenFor('localhost/devices/Leaf1', keyOf(D1), expiry)
    const answer = await putToken(dial(server), 'localhost/devices/Leaf1', token)
    expect(answer.application_properties).toMatchObject({ 'status-code': 404 })
  })
})

test('amqp-cbs-disabled: the links of a device that is disabled are detached with amqp:not-found', async () => {
  const receiver = await receiverOf('/devices/Leaf1/messages/devicebound')
  const gone = once(receiver, 'receiver_error')
  hub.registry.update(D1, { status: 'disabled' }, '*')
  await gone
  expect(receiver.error).toMatchObject({ condition: 'amqp:not-found' })
})

const order = (type: string): rhea.Message => ({
  body: data('x'),
  application_properties: {
    AzIoTHub_FaultOperationType: type,
    AzIoTHub_FaultOperationDurationInSecs: '10',
  },
})

test('amqp-conditions: a quota on a link of a device is amqp:resource-limit-exceeded', async () => {
  const sender = dialOwner().open_sender('/devices/Leaf1/messages/events')
  expect(await outcome(sender, order('InvokeMaxMessageQuota'))).toBe('accepted')
  expect(await outcome(sender, { body: data('x') })).toBe('amqp:resource-limit-exceeded')
})

test.each([
  ['within', [{ body: data('1') }, order('InvokeThrottling')], {}],
  ['around', [{ body: data('1') }], order('InvokeThrottling')],
] as const)('amqp-batch: a message %s a batch orders a fault', async (_where, messages, envelope) => {
  const sender = dialOwner().open_sender('/devices/Leaf1/messages/events')
  const parts = messages.map((part) => rhea.message.encode(part))
  const batch = rhea.message.encode({ ...envelope, body: rhea.message.data_sections(parts) as Buffer })
  expect(await outcome(sender, batch, 0x8001_3700)).toBe('accepted')
  expect(await outcome(sender, { body: data('x') })).toBe('com.microsoft:device-container-throttled')
})

test('amqp-twin-early-answer: answers wait for the link on which they are due', async () => {
  const connection = dialOwner()
  const sender = connection.open_sender('/devices/Leaf1/twin')
  const asked = { correlation_id: 'c', message_annotations: { operation: 'GET' }, body: data(' ') }
  expect(await outcome(sender, asked)).toBe('accepted')
  const receiver = connection.open_receiver('/devices/Leaf1/twin')
  expect((await received(receiver)).message.correlation_id).toBe('c')
})

describe('WIRE-AMQP-12', () => {
  test('the stream stays open until the client has closed too', async () => {
    const client = rawClient(server)
    client.send(7, 'open', { containerId: 'again' })
    await client.next('close')
    expect(client.isEnded).toBe(false)
    client.send(0, 'close', {})
    await client.ended
    expect(server.connections).toBe(0)
  })

  test('a client that closes first ends the stream; the hub does it after a while', async () => {
    const client = rawClient(server)
    client.send(0, 'close', {})
    await client.next('close')
    expect([server.connections, client.isEnded]).toEqual([0, false])
    clock.advance(5_000)
    await client.ended
  })

  test('the hub does not wait for ever', async () => {
    const client = rawClient(server)
    client.send(7, 'open', { containerId: 'again' })
    await client.next('close')
    clock.advance(5_000)
    expect(server.connections).toBe(0)
    await client.ended
  })
})
