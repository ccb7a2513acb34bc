import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import rhea from 'rhea'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../core/clock.ts'
import type { Hub } from '../core/contract.ts'
import { createHub } from '../core/hub.ts'
import { createAmqpRoom } from './room.ts'
import type { AmqpRoom } from './room.ts'

let hub: Hub
let room: AmqpRoom
beforeEach(async () => {
  hub = createHub({ clock: new ManualClock() })
  hub.registry.create({ deviceId: 'd1' })
  room = await createAmqpRoom(hub)
})
afterEach(async () => {
  await room.stop()
  hub.stop()
})

function dial(): rhea.Connection {
  const [near, far] = duplexPair()
  room.accept(far, { peer: 'test', certificates: undefined, webSocket: false })
  const { name, primaryKey } = hub.policies.find((policy) => policy.name === 'service')!
  const options = { username: name, password: primaryKey, reconnect: false }
  const connection = rhea.create_container().create_connection({
    ...options,
    connection_details: () => ({
      connect: (_p: number, _h: string, _o: object, up: () => void) => (process.nextTick(up), near),
      port: 0,
      host: '',
    }),
  } as unknown as rhea.ConnectionOptions)
  connection.on('disconnected', () => undefined)
  return connection.connect()
}

async function send(to: string): Promise<string> {
  const sender = dial().open_sender('/messages/devicebound')
  await once(sender, 'sendable')
  sender.send({ to, body: rhea.message.data_section(Buffer.from('x')) as Buffer })
  return Promise.race([
    once(sender, 'accepted').then(() => 'accepted'),
    once(sender, 'rejected').then(
      ([event]: { delivery: { remote_state: { error: { condition: string } } } }[]) =>
        event!.delivery.remote_state.error.condition,
    ),
  ])
}

test('WIRE-AMQP-04: a message is accepted and waits for the device', async () => {
  expect(await send('/devices/d1/messages/devicebound')).toBe('accepted')
  expect(hub.c2d.receive({ deviceId: 'd1' })?.message.body.toString()).toBe('x')
})

test('WIRE-AMQP-05: a recipient without device id', async () => {
  expect(await send('/messages/devicebound')).toBe('amqp:not-allowed')
})

test('WIRE-C2D-18: an unknown device', async () => {
  expect(await send('/devices/nobody/messages/devicebound')).toBe('amqp:not-found')
})

test('WIRE-AMQP-08: the hub leads readers to the Event Hub', async () => {
  const receiver = dial().open_receiver('messages/events/')
  await once(receiver, 'receiver_error')
  expect(receiver.error).toMatchObject({ condition: 'amqp:link:redirect' })
})
