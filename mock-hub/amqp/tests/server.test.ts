import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import rhea from 'rhea'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { createAmqpServer } from '../server.ts'
import type { AmqpServer } from '../server.ts'
import {
  ask,
  data,
  dial,
  dialService,
  outcome,
  putToken,
  received,
  tokenFor,
} from '../testing/test-client.ts'

const NOW = 1_700_000_000_000
let clock: ManualClock
let hub: Hub
let server: AmqpServer
beforeEach(async () => {
  clock = new ManualClock(NOW)
  hub = createHub({ clock, settings: { tokenGraceSeconds: 60 } })
  hub.registry.create({ deviceId: 'd1' })
  server = await createAmqpServer(hub)
})
afterEach(async () => {
  await server.stop()
  hub.stop()
})

const serviceKey = (): string => hub.policies.find(({ name }) => name === 'service')?.primaryKey ?? ''
const inSeconds = (seconds: number): number => NOW / 1000 + seconds
const send = (to: string, body = 'x'): Promise<string> =>
  outcome(dialService(server, hub).open_sender('/messages/devicebound'), { to, body: data(body) })

function store(text: string, deviceId = 'd1'): void {
  hub.telemetry.append({
    source: 'Telemetry',
    deviceId,
    moduleId: undefined,
    body: Buffer.from(text),
    system: { messageId: `id of ${text}` },
    properties: { p: '1' },
    authMethod: '{}',
    authGenerationId: '1',
    modelId: undefined,
  })
}

test('WIRE-AMQP-02: a token on $cbs permits what its policy permits', async () => {
  const connection = dial(server)
  const answer = await putToken(
    connection,
    'localhost',
    tokenFor('localhost', serviceKey(), inSeconds(60), 'service'),
  )
  expect(answer).toMatchObject({
    correlation_id: 'question',
    application_properties: { 'status-code': 200, 'status-description': 'OK' },
  })
  const sender = connection.open_sender('/messages/devicebound')
  expect(await outcome(sender, { to: '/devices/d1/messages/devicebound', body: data('x') })).toBe('accepted')
})

test('WIRE-AMQP-03: a bad token is answered with 401, and the reason is journalled', async () => {
  const token = tokenFor('localhost', Buffer.from('wrong').toString('base64'), inSeconds(60), 'service')
  const { application_properties: said } = await putToken(dial(server), 'localhost', token)
  expect(said).toMatchObject({ 'status-code': 401 })
  expect(String(said?.['status-description'])).not.toBe('')
  expect(hub.lastRefusals[0]).toMatchObject({ transport: 'amqp', error: 'IotHubUnauthorizedAccess' })
})

test('a link without a token is refused with an ATTACH and a DETACH', async () => {
  const sender = dial(server).open_sender('/messages/devicebound')
  await once(sender, 'sender_error')
  expect(sender.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
  expect(hub.lastRefusals[0]?.explanation.received).toBe('no token')
})

test('a link is detached when the grace after the expiry of its token is over', async () => {
  const connection = dial(server)
  await putToken(connection, 'localhost', tokenFor('localhost', serviceKey(), inSeconds(60), 'service'))
  const sender = connection.open_sender('/messages/devicebound')
  await once(sender, 'sendable')
  const closed = once(sender, 'sender_error')
  clock.advance((60 + hub.settings.tokenGraceSeconds) * 1000)
  await closed
  expect(sender.error).toMatchObject({
    condition: 'amqp:unauthorized-access',
    description: 'Token or Certificate is invalid.',
  })
})

test('WIRE-AMQP-04: a message is accepted and waits for the device', async () => {
  expect(await send('/devices/d1/messages/devicebound')).toBe('accepted')
  expect(hub.c2d.receive({ deviceId: 'd1' })?.message.body.toString()).toBe('x')
})

test('WIRE-AMQP-05: a recipient without a device id is refused', async () => {
  expect(await send('/messages/devicebound')).toBe('amqp:not-allowed')
})

test('WIRE-C2D-18: an unknown device is refused', async () => {
  expect(await send('/devices/nobody/messages/devicebound')).toBe('amqp:not-found')
})

test('WIRE-AMQP-06: feedback comes in batches; a released batch goes to another receiver', async () => {
  hub.c2d.send(
    { deviceId: 'd1' },
    { body: Buffer.from('x'), system: { messageId: 'm', ack: 'full' }, properties: {} },
  )
  const { lockToken = '' } = hub.c2d.receive({ deviceId: 'd1' }) ?? {}
  hub.c2d.settle({ deviceId: 'd1' }, lockToken, 'complete')
  clock.advance(60_000)
  const options = { source: '/messages/serviceBound/feedback', autoaccept: false, credit_window: 0 }
  const receiver = dialService(server, hub).open_receiver(options)
  receiver.add_credit(1)
  const { message, delivery } = await received(receiver)
  expect(message.content_type).toBe('application/vnd.microsoft.iothub.feedback.json')
  expect(JSON.parse(String((message.body as { content: Buffer }).content))).toMatchObject([
    { originalMessageId: 'm', statusCode: 'Success' },
  ])
  const second = dialService(server, hub).open_receiver(options)
  second.add_credit(1)
  const again = received(second)
  delivery?.release({ undeliverable_here: false })
  expect((await again).message.content_type).toBe('application/vnd.microsoft.iothub.feedback.json')
})

test('WIRE-AMQP-07: a back end receives file notifications', async () => {
  hub.registry.create({ deviceId: 'd2' })
  const receiver = dialService(server, hub).open_receiver('/messages/serviceBound/filenotifications')
  await once(receiver, 'receiver_open')
  const waiting = received(receiver)
  const push = hub.fileNotifications as unknown as { push(item: object): void } // the core's own side of the queue
  push.push({ deviceId: 'd2', blobName: 'd2/f' })
  const { message } = await waiting
  expect(JSON.parse(String((message.body as { content: Buffer }).content))).toMatchObject({
    blobName: 'd2/f',
  })
})

test('WIRE-AMQP-08: the hub redirects readers to the Event Hub', async () => {
  const receiver = dialService(server, hub).open_receiver('messages/events/')
  await once(receiver, 'receiver_error')
  expect(receiver.error).toMatchObject({
    condition: 'amqp:link:redirect',
    info: { hostname: 'localhost', address: 'amqps://localhost:5671/localhost/' },
  })
})

test('WIRE-AMQP-09: $management describes the Event Hub', async () => {
  const question = { operation: 'READ', type: 'com.microsoft:eventhub', name: 'localhost' }
  const answer = await ask(dialService(server, hub), '$management', question)
  expect(answer.body).toMatchObject({
    name: 'localhost',
    partition_count: 4,
    partition_ids: ['0', '1', '2', '3'],
  })
})

test('WIRE-AMQP-09: a request to $management brings its own token, or is refused with 401', async () => {
  const question = { operation: 'READ', type: 'com.microsoft:eventhub', name: 'localhost' }
  const anonymous = dial(server)
  const refused = await ask(anonymous, '$management', question)
  expect(refused.application_properties).toMatchObject({ 'status-code': 401 })
  const token = (policy: string): string =>
    tokenFor(
      'localhost/localhost',
      hub.policies.find(({ name }) => name === policy)?.primaryKey ?? '',
      Math.floor(hub.clock.now() / 1000) + 60,
      policy,
    )
  const other = await ask(dial(server), '$management', { ...question, security_token: token('device') })
  expect(other.application_properties).toMatchObject({ 'status-code': 401 })
  const own = await ask(dial(server), '$management', { ...question, security_token: token('service') })
  expect(own.body).toMatchObject({ name: 'localhost' })
})

/** The first text from each of the four partitions' one that has d1's. */
async function firstOf(selector: string): Promise<string> {
  const connection = dialService(server, hub)
  const sources = [0, 1, 2, 3].map((id) =>
    connection.open_receiver({
      source: {
        address: `localhost/ConsumerGroups/$Default/Partitions/${String(id)}`,
        filter: rhea.filter.selector(selector),
      },
    }),
  )
  const { message } = await Promise.race(sources.map(received))
  connection.close()
  return String((message.body as { content: Buffer }).content)
}

test('WIRE-AMQP-10: reading begins at the position of the selector, in every spelling', async () => {
  for (const text of ['a', 'b', 'c']) {
    store(text)
    clock.advance(1_000)
  }
  expect(await firstOf("amqp.annotation.x-opt-offset > '-1'")).toBe('a')
  expect(await firstOf("amqp.annotation.x-opt-offset > '0'")).toBe('b')
  expect(await firstOf("amqp.annotation.x-opt-sequence-number >= '1'")).toBe('b')
  expect(await firstOf("amqp.annotation.x-opt-sequence-number > '1'")).toBe('c')
  expect(await firstOf(`amqp.annotation.x-opt-enqueued-time > '${String(NOW + 500)}'`)).toBe('b')
  expect(await firstOf(`amqp.annotation.x-opt-enqueuedtimeutc > ${String(NOW + 1_500)}`)).toBe('c')
})

test('WIRE-AMQP-10: an invalid selector, partition or entity is refused', async () => {
  const refused = async (address: string, selector: string): Promise<unknown> => {
    const receiver = dialService(server, hub).open_receiver({
      source: { address, filter: rhea.filter.selector(selector) },
    })
    await once(receiver, 'receiver_error')
    return (receiver.error as rhea.ConnectionError).condition
  }
  const first = 'localhost/ConsumerGroups/$Default/Partitions/0'
  expect(await refused(first, 'color = 1')).toBe('com.microsoft:argument-error')
  const earliest = "amqp.annotation.x-opt-offset > '-1'"
  expect(await refused(`${first}9`, earliest)).toBe('com.microsoft:argument-out-of-range')
  expect(await refused(`other${first}`, earliest)).toBe('amqp:not-found')
})

test('WIRE-AMQP-11: above 256 KB a message is rejected, above 1 MB the link is detached', async () => {
  hub.registry.create({ deviceId: 'd3' })
  const key = hub.registry.get({ deviceId: 'd3' }).authentication.symmetricKey.primaryKey ?? ''
  const token = tokenFor('localhost/devices/d3', key, inSeconds(60))
  const connection = dial(server, 'd3@sas.localhost', token)
  const sender = connection.open_sender('/devices/d3/messages/events')
  expect(await outcome(sender, { body: data('x'.repeat(262_145)) })).toBe('amqp:link:message-size-exceeded')
  sender.send({ body: data('x'.repeat(1_100_000)) })
  await once(sender, 'sender_error')
  expect(sender.error).toMatchObject({ condition: 'amqp:link:message-size-exceeded' })
})

test.each([
  ['leaves the settle mode open', undefined, true],
  ['asks for settled ones', 1, true],
  ['asks for unsettled ones', 0, false],
] as const)('events for a reader that %s', async (_, mode, isSettled) => {
  store('a')
  const connection = dialService(server, hub)
  const readers = [0, 1, 2, 3].map((id) =>
    connection.open_receiver({
      source: {
        address: `localhost/ConsumerGroups/$Default/Partitions/${String(id)}`,
        filter: rhea.filter.selector("amqp.annotation.x-opt-offset > '-1'"),
      },
      ...(mode === undefined ? {} : { snd_settle_mode: mode }),
    }),
  )
  const { delivery } = await Promise.race(readers.map(received))
  expect(delivery?.remote_settled).toBe(isSettled)
})

test('WIRE-AMQP-10: a reader with a higher epoch takes the partition, and the other one is detached', async () => {
  const claim = (epoch: number): rhea.Receiver =>
    dialService(server, hub).open_receiver({
      source: {
        address: 'localhost/ConsumerGroups/$Default/Partitions/0',
        filter: rhea.filter.selector("amqp.annotation.x-opt-offset > '-1'"),
      },
      properties: { 'com.microsoft:epoch': rhea.types.wrap_long(epoch) },
    })
  const first = claim(1)
  await once(first, 'receiver_open')
  const taken = once(first, 'receiver_error')
  const second = claim(2)
  await Promise.all([once(second, 'receiver_open'), taken])
  expect(first.error).toMatchObject({ condition: 'amqp:link:stolen' })
  const late = claim(1)
  await once(late, 'receiver_error')
  expect(late.error).toMatchObject({ condition: 'amqp:link:stolen' })
})

test('WIRE-AMQP-03: a policy without ServiceConnect can neither read nor send', async () => {
  const connection = dialService(server, hub, 'registryRead')
  const sender = connection.open_sender('/messages/devicebound')
  await once(sender, 'sender_error')
  expect(sender.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
  const receiver = connection.open_receiver('localhost/ConsumerGroups/$Default/Partitions/0')
  await once(receiver, 'receiver_error')
  expect(receiver.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
  expect(hub.journal.entries).toContainEqual(expect.objectContaining({ type: 'refusal' }))
})

test.each([
  ['another protocol', 'GET / HTTP/1.1\r\n', 'the header of AMQP', Buffer.from('GET / HT').toString('hex')],
  [
    'a frame that is too small for its header',
    Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 1, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0]),
    'a frame of 8 to 65536 bytes',
    'one of 4 bytes with its body at 8',
  ],
])(
  '%s: the connection is closed, and the refusal says what was expected and given',
  async (_what, bytes, expected, received) => {
    const [near, far] = duplexPair()
    server.accept(far, { transport: 'amqp', peer: 'test' })
    near.resume()
    near.write(bytes)
    await hub.journal.until(({ type }) => type === 'refusal')
    expect(hub.lastRefusals[0]).toMatchObject({
      error: 'IotHubFormatError',
      explanation: { rule: 'amqp:connection:framing-error', expected, received },
    })
    expect(server.connections).toBe(0)
  },
)
