/** Names that a client chooses and that every JavaScript object has: they are names as any other. */

import { once } from 'node:events'
import rhea from 'rhea'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { createAmqpServer } from '../server.ts'
import type { AmqpServer } from '../server.ts'
import { ask, data, dialService, outcome, received } from '../testing/test-client.ts'

const D1 = { deviceId: 'd1' }
const NAMES = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__'] as const
const PROPERTIES = Object.fromEntries(NAMES.map((name) => [name, `value of ${name}`]))
/** rhea itself reads this name as a prototype. */
const READABLE = NAMES.filter((name) => name !== '__proto__')

let hub: Hub
let server: AmqpServer
let connection: rhea.Connection
beforeEach(async () => {
  hub = createHub({ clock: new ManualClock(1_700_000_000_000) })
  hub.registry.create(D1)
  server = await createAmqpServer(hub, { partitions: 1 })
  connection = dialService(server, hub, 'iothubowner')
})
afterEach(async () => {
  await server.stop()
  hub.stop()
})

const valuesOf = (properties: object | undefined): unknown[] =>
  READABLE.map((name) =>
    Object.hasOwn(properties ?? {}, name) ? (Reflect.get(properties ?? {}, name) as unknown) : undefined,
  )
const EXPECTED = READABLE.map((name) => `value of ${name}`)

describe('application properties', () => {
  const message = { body: data('x'), application_properties: PROPERTIES }

  test('of a device reach the hub', async () => {
    expect(await outcome(connection.open_sender('/devices/d1/messages/events'), message)).toBe('accepted')
    const stored = hub.telemetry.messages.at(-1)
    expect(Object.entries(stored?.properties ?? {})).toEqual(Object.entries(PROPERTIES))
    expect(stored?.system).toEqual({})
  })

  test('of a device reach the reader of the Event Hub', async () => {
    await outcome(connection.open_sender('/devices/d1/messages/events'), message)
    const event = await received(connection.open_receiver('localhost/ConsumerGroups/$Default/Partitions/0'))
    expect(valuesOf(event.message.application_properties)).toEqual(EXPECTED)
  })

  test('of a back end reach the hub', async () => {
    const sender = connection.open_sender('/messages/devicebound')
    expect(await outcome(sender, { ...message, to: '/devices/d1/messages/devicebound' })).toBe('accepted')
    const { message: waiting } = hub.c2d.receive(D1) ?? {}
    expect(Object.entries(waiting?.properties ?? {})).toEqual(Object.entries(PROPERTIES))
  })

  test('of a back end reach the device', async () => {
    const receiver = connection.open_receiver('/devices/d1/messages/devicebound')
    await once(receiver, 'receiver_open')
    const next = received(receiver)
    hub.c2d.send(D1, { body: Buffer.from('x'), system: {}, properties: PROPERTIES })
    expect(valuesOf((await next).message.application_properties)).toEqual(EXPECTED)
  })

  test('are no annotations: an annotation of such a name is no system property', async () => {
    const sender = connection.open_sender('/devices/d1/messages/events')
    await outcome(sender, { body: data('x'), message_annotations: PROPERTIES })
    expect(hub.telemetry.messages.at(-1)?.system).toEqual({})
  })
})

test.each(NAMES)('$management: type %s is refused', async (type) => {
  const answer = await ask(connection, '$management', { operation: 'READ', type, name: 'localhost' })
  expect(answer.application_properties).toMatchObject({ 'status-code': 400 })
})

test.each(NAMES.flatMap((name) => [`/${name}`, `/devices/d1/${name}`, `/devices/d1/modules/m1/${name}`]))(
  'there is no node at %s',
  async (address) => {
    const sender = connection.open_sender(address)
    await once(sender, 'sender_error')
    expect(sender.error).toMatchObject({ condition: 'amqp:not-found' })
  },
)

test.each(NAMES)('a selector of x-opt-%s is refused', async (name) => {
  const receiver = connection.open_receiver({
    source: {
      address: 'localhost/ConsumerGroups/$Default/Partitions/0',
      filter: rhea.filter.selector(`amqp.annotation.x-opt-${name} > '1'`),
    },
  })
  await once(receiver, 'receiver_error')
  expect(receiver.error).toMatchObject({ condition: 'com.microsoft:argument-error' })
})
