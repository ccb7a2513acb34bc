import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import rhea from 'rhea'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import type { Identity } from '../../core/contract/identity.ts'
import { certificateFor } from '../../mqtt/testing/certificates.ts'
import { createAmqpServer } from '../server.ts'
import type { AmqpServer } from '../server.ts'
import { data, dial, outcome, putToken, received, tokenFor } from '../testing/test-client.ts'

const NOW = 1_750_000_000_000
const D1 = { deviceId: 'd1' }
const M1 = { deviceId: 'd2', moduleId: 'm1' }
let clock: ManualClock
let hub: Hub
let server: AmqpServer
beforeEach(async () => {
  clock = new ManualClock(NOW)
  hub = createHub({ clock, settings: { tokenGraceSeconds: 60 } })
  for (const identity of [D1, { deviceId: 'd2' }, M1]) hub.registry.create(identity)
  server = await createAmqpServer(hub)
})
afterEach(async () => {
  await server.stop()
  hub.stop()
})

const pathOf = ({ deviceId, moduleId }: Identity): string =>
  `devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}`

async function login(identity: Identity, connection = dial(server), seconds = 60): Promise<rhea.Connection> {
  const resource = `localhost/${pathOf(identity)}`
  const key = hub.registry.get(identity).authentication.symmetricKey.primaryKey ?? ''
  const answer = await putToken(connection, resource, tokenFor(resource, key, NOW / 1000 + seconds))
  expect(answer.application_properties?.['status-code']).toBe(200)
  return connection
}

async function receiverOf(connection: rhea.Connection, address: string): Promise<rhea.Receiver> {
  const receiver = connection.open_receiver({ source: address, autoaccept: false })
  await once(receiver, 'receiver_open')
  return receiver
}

const textOf = ({ body }: rhea.Message): string => String((body as { content: Buffer }).content)
const newest = (): string | undefined => hub.telemetry.messages.at(-1)?.body.toString()

test('telemetry of a device is stored, then accepted', async () => {
  const sender = (await login(D1)).open_sender('/devices/d1/messages/events')
  expect(
    await outcome(sender, { message_id: 'm', body: data('t'), application_properties: { p: 'v' } }),
  ).toBe('accepted')
  expect(hub.telemetry.messages.at(-1)).toMatchObject({
    deviceId: 'd1',
    system: { messageId: 'm' },
    properties: { p: 'v' },
  })
  expect(newest()).toBe('t')
})

test('each message of a batch is stored', async () => {
  const sender = (await login(D1)).open_sender('/devices/d1/messages/events')
  const parts = ['1', '2'].map((text) => rhea.message.encode({ body: data(text) }))
  const batch = rhea.message.encode({ body: rhea.message.data_sections(parts) as Buffer })
  expect(await outcome(sender, batch, 0x8001_3700)).toBe('accepted')
  expect(hub.telemetry.messages.map(({ body }) => body.toString())).toEqual(['1', '2'])
})

test('the token of a device opens no link for another device', async () => {
  const sender = (await login(D1)).open_sender('/devices/d2/messages/events')
  await once(sender, 'sender_error')
  expect(sender.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
})

test('WIRE-EDGE-11: $edgeHub opens links of a child with its own token and an auth-chain', async () => {
  hub.registry.create({ deviceId: 'gateway' }, { iotEdge: true })
  hub.registry.update({ deviceId: 'gateway', moduleId: '$edgeHub' }, { authentication: { type: 'sas' } }, '*')
  const { deviceScope } = hub.registry.get({ deviceId: 'gateway' })
  hub.registry.create({ deviceId: 'leaf' }, { deviceScope })
  const key = hub.registry.get({ deviceId: 'gateway', moduleId: '$edgeHub' }).authentication.symmetricKey
  const own = tokenFor('localhost/devices/gateway/modules/$edgeHub', key.primaryKey ?? '', NOW / 1000 + 60)
  const connection = dial(server)
  const answer = await putToken(connection, 'localhost/devices/leaf', own)
  expect(answer.application_properties?.['status-code']).toBe(200)
  const target = '/devices/leaf/messages/events'
  const properties = { 'com.microsoft:auth-chain': 'leaf;gateway' }
  expect(await outcome(connection.open_sender({ target, properties }), { body: data('t') })).toBe('accepted')
  expect(hub.telemetry.messages.at(-1)).toMatchObject({ deviceId: 'leaf' })

  const other = dial(server)
  await putToken(other, 'localhost/devices/leaf', own)
  for (const chain of [undefined, 'leaf', 'leaf;d1']) {
    const sender = other.open_sender({
      target,
      ...(chain === undefined ? {} : { properties: { 'com.microsoft:auth-chain': chain } }),
    })
    await once(sender, 'sender_error')
    expect(sender.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
  }
})

test('several devices and modules share a connection', async () => {
  const connection = await login(D1)
  await login(M1, connection)
  const first = connection.open_sender('/devices/d1/messages/events')
  const second = connection.open_sender('/devices/d2/modules/m1/messages/events')
  expect(await outcome(first, { body: data('1') })).toBe('accepted')
  expect(await outcome(second, { body: data('2') })).toBe('accepted')
  expect(hub.telemetry.messages.at(-1)).toMatchObject({ deviceId: 'd2', moduleId: 'm1' })
  hub.registry.remove(D1, '*')
  await once(first, 'sender_error')
  expect(await outcome(second, { body: data('3') })).toBe('accepted')
})

test('a cloud-to-device message gets the outcome that the device sends', async () => {
  const receiver = await receiverOf(await login(D1), '/devices/d1/messages/devicebound')
  const first = received(receiver)
  hub.c2d.send(D1, { body: Buffer.from('x'), system: { messageId: 'm' }, properties: { a: 'b' } })
  const { message, delivery } = await first
  expect([textOf(message), message.message_id, message.application_properties]).toEqual([
    'x',
    'm',
    { a: 'b' },
  ])
  const second = received(receiver)
  delivery?.release({ undeliverable_here: false })
  const again = await second
  expect(again.message.message_id).toBe('m')
  const settled = hub.journal.until(
    (entry) => entry.type === 'operation' && entry.operation === 'c2dSettle',
    {
      after: hub.journal.seq,
    },
  )
  again.delivery?.accept()
  await settled
  expect(hub.c2d.count(D1)).toBe(0)
})

test('WIRE-METH-22: a method request has a UUID as its correlation id, and its response reaches the caller as it is', async () => {
  const connection = await login(M1)
  const address = '/devices/d2/modules/m1/methods/devicebound'
  const receiver = await receiverOf(connection, address)
  const asked = received(receiver)
  const result = hub.methods.invoke(M1, { methodName: 'reboot', payload: '{"x":1}' })
  const { message } = await asked
  expect(message.application_properties).toEqual({ 'IoThub-methodname': 'reboot' })
  expect(textOf(message)).toBe('{"x":1}')
  expect(message.correlation_id).toHaveLength(16)
  const { correlation_id = '' } = message
  const body = data('{"y":2.0}\0')
  const response = { correlation_id, application_properties: { 'IoThub-status': 201 }, body }
  expect(await outcome(connection.open_sender(address), response)).toBe('accepted')
  const { status, body: returned } = await result
  expect([status, returned.toString()]).toEqual([201, '{"y":2.0}\0'])
})

test('a device reads its twin, patches it, and gets changes of desired properties', async () => {
  const connection = await login(D1)
  const receiver = await receiverOf(connection, '/devices/d1/twin')
  const sender = connection.open_sender('/devices/d1/twin')
  const askTwin = async (operation: string, resource?: string, body = ' '): Promise<rhea.Message> => {
    const answer = received(receiver)
    const message_annotations = { operation, ...(resource === undefined ? {} : { resource }) }
    await outcome(sender, { correlation_id: operation, message_annotations, body: data(body) })
    return (await answer).message
  }
  const twin = await askTwin('GET')
  expect(twin).toMatchObject({ correlation_id: 'GET', message_annotations: { status: 200 } })
  expect(JSON.parse(textOf(twin))).toEqual({ desired: { $version: 1 }, reported: { $version: 1 } })
  const patched = await askTwin('PATCH', '/properties/reported', '{"r":1}')
  expect(patched.message_annotations).toMatchObject({ status: 200, version: 2 })
  expect((await askTwin('PATCH', '/properties/reported', '[')).message_annotations).toMatchObject({
    status: 400,
  })
  await askTwin('PUT', '/notifications/twin/properties/desired')
  const told = received(receiver)
  hub.twins.patch(D1, { desired: { color: 'red' } }, undefined)
  expect(JSON.parse(textOf((await told).message))).toEqual({ color: 'red', $version: 2 })
})

test.each([
  ['2018-06-30', 400],
  ['2019-10-01', 200],
  [undefined, 200],
])('WIRE-TWIN-42: api-version %s of a link and an array in a patch: %s', async (version, status) => {
  const connection = await login(D1)
  const properties = version === undefined ? {} : { 'com.microsoft:api-version': version }
  const receiver = connection.open_receiver({ source: '/devices/d1/twin', properties })
  await once(receiver, 'receiver_open')
  const sender = connection.open_sender({ target: '/devices/d1/twin', properties })
  const answer = received(receiver)
  const message_annotations = { operation: 'PATCH', resource: '/properties/reported' }
  await outcome(sender, { correlation_id: 'p', message_annotations, body: data('{"a":[1]}') })
  expect((await answer).message.message_annotations).toMatchObject({ status })
})

test('WIRE-TWIN-43: a float with a whole value stays a float', async () => {
  const connection = await login(D1)
  const receiver = await receiverOf(connection, '/devices/d1/twin')
  const sender = connection.open_sender('/devices/d1/twin')
  const ask = async (operation: string, resource: string, body: string): Promise<string> => {
    const answer = received(receiver)
    const message_annotations = { operation, resource }
    await outcome(sender, { correlation_id: 'f', message_annotations, body: data(body) })
    return textOf((await answer).message)
  }
  await ask('PATCH', '/properties/reported', '{"t":21.0,"n":21}')
  expect(await ask('GET', '/', '')).toContain('"reported":{"t":21.0,"n":21,"$version":2}')
})

test('an api-version that the service does not know refuses a link (connecting-api-version-form)', async () => {
  const connection = await login(D1)
  const link = { source: '/devices/d1/twin', properties: { 'com.microsoft:api-version': '1999-01-01' } }
  const refused = once(connection.open_receiver(link), 'receiver_error')
  const [{ receiver }] = (await refused) as [rhea.EventContext]
  expect(receiver?.error).toMatchObject({ condition: 'com.microsoft:argument-error' })
  expect(hub.lastRefusals[0]).toMatchObject({ error: 'InvalidProtocolVersion' })
})

test('WIRE-AUTH-13: the links of a device are detached when its token expires and is not renewed', async () => {
  const connection = await login(D1, dial(server), 60)
  const sender = connection.open_sender('/devices/d1/messages/events')
  expect(await outcome(sender, { body: data('1') })).toBe('accepted')
  clock.advance(50_000)
  await login(D1, connection, 120)
  clock.advance((20 + hub.settings.tokenGraceSeconds) * 1000)
  expect(await outcome(sender, { body: data('2') })).toBe('accepted')
  const gone = once(sender, 'sender_error')
  clock.advance(60_000)
  await gone
  expect(hub.registry.get(D1).connectionState).toBe('Disconnected')
})

test('WIRE-AUTH-13: a token that is let expire detaches the links, and opens no other until it is renewed', async () => {
  const connection = await login(D1)
  const sender = connection.open_sender('/devices/d1/messages/events')
  expect(await outcome(sender, { body: data('1') })).toBe('accepted')
  const gone = once(sender, 'sender_error')
  hub.expireToken(D1)
  await gone
  expect(sender.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
  const again = connection.open_sender('/devices/d1/messages/events')
  await once(again, 'sender_error')
  await login(D1, connection, 120)
  const renewed = connection.open_sender('/devices/d1/messages/events')
  expect(await outcome(renewed, { body: data('2') })).toBe('accepted')
})

test('a device authenticates with its certificate instead of a token; another certificate is refused', async () => {
  const [own, other] = await Promise.all(
    ['d3', 'other'].map(async (name) => new X509Certificate((await certificateFor(name)).cert)),
  )
  if (own === undefined || other === undefined) throw new Error('no certificates')
  const primaryThumbprint = own.fingerprint.replaceAll(':', '')
  hub.registry.create(
    { deviceId: 'd3' },
    { authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } } },
  )
  const events = '/devices/d3/messages/events'
  const sender = dial(server, undefined, undefined, [own.raw]).open_sender(events)
  expect(await outcome(sender, { body: data('t') })).toBe('accepted')
  expect(hub.telemetry.messages.at(-1)?.authMethod).toContain('"type":"x509"')
  const refused = dial(server, undefined, undefined, [other.raw]).open_sender(events)
  await once(refused, 'sender_error')
  expect(refused.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
})

test.each(['/devices/d2/messages/events', '/devices/d2/modules/m1/messages/events'])(
  'WIRE-CONN-19: the key of a policy opens nothing for a device that is disabled: %s',
  async (address) => {
    hub.registry.update({ deviceId: 'd2' }, { status: 'disabled' }, '*')
    const key = hub.policies.find(({ name }) => name === 'device')?.primaryKey
    const sender = dial(server, 'device', key).open_sender(address)
    await once(sender, 'sender_error')
    expect(sender.error).toMatchObject({ condition: 'amqp:not-found' })
    expect(hub.lastRefusals[0]).toMatchObject({
      error: 'DeviceDisabled',
      explanation: { rule: 'WIRE-CONN-19' },
    })
  },
)
