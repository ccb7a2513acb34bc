import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Identity } from '../../core/contract/identity.ts'
import type { RawClient } from '../testing/raw-client.ts'
import { TestServer } from '../testing/test-server.ts'

const victim = { deviceId: 'dev' }
const module = { deviceId: 'dev', moduleId: 'mod' }
/** Identities that a careless comparison mistakes for the victim. */
const OTHERS: readonly Identity[] = [
  { deviceId: 'de' },
  { deviceId: 'dev1' },
  { deviceId: 'DEV' },
  { deviceId: 'de%76' },
  { deviceId: '+' },
  { deviceId: '#' },
  { deviceId: 'dev1', moduleId: 'mod' },
]

let server: TestServer
beforeEach(async () => {
  server = await TestServer.open()
  for (const deviceId of ['dev', ...new Set(OTHERS.map((one) => one.deviceId))]) server.device(deviceId)
  server.module('dev', 'mod')
  server.module('dev1', 'mod')
})
afterEach(() => server.stop())

const publish = (client: RawClient, topic: string, payload = '{"stolen":1}'): void => {
  client.send({ cmd: 'publish', topic, payload, qos: 1, messageId: 9, dup: false, retain: false })
}
const subscribe = (client: RawClient, topic: string): void => {
  client.send({ cmd: 'subscribe', messageId: 8, subscriptions: [{ topic, qos: 1 }] })
}
/** Everything that another identity could have changed. */
const stateOfVictim = (): unknown =>
  [victim, module].map((identity) => [
    server.hub.twins.get(identity),
    server.hub.c2d.waiting(identity),
    server.hub.registry.get(identity).lastActivityAt,
  ])
const pairs = (identities: readonly Identity[], topics: readonly string[]): [Identity, string][] =>
  identities.flatMap((identity) => topics.map((topic): [Identity, string] => [identity, topic]))

describe('WIRE-D2C-15 WIRE-D2C-16: an identity cannot publish for another one', () => {
  const TOPICS = [
    'devices/dev/messages/events/',
    'devices/dev/messages/events',
    'devices/dev/messages/events/a=b',
    'devices/dev/modules/mod/messages/events/',
    'devices/dev/messages/devicebound/',
    'devices/dev/modules/mod/inputs/in/',
    '/devices/dev/messages/events/',
    'devices//dev/messages/events/',
  ]
  test.each(pairs([...OTHERS, module], TOPICS))('%o to %s', async (other, topic) => {
    if (other === module && topic.startsWith('devices/dev/modules/mod/messages')) return
    const client = await server.connected(other)
    const before = stateOfVictim()
    publish(client, topic)
    await client.closing()
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack'])
    expect(server.hub.telemetry.messages).toEqual([])
    if (other !== module) expect(stateOfVictim()).toEqual(before)
  })

  test('a device does not publish for its own module', async () => {
    const client = await server.connected(victim)
    publish(client, 'devices/dev/modules/mod/messages/events/')
    await client.closing()
    expect(server.hub.telemetry.messages).toEqual([])
  })
})

describe('WIRE-SESS-14: an identity cannot subscribe for another one', () => {
  const FILTERS = [
    'devices/dev/messages/devicebound/#',
    'devices/dev/#',
    'devices/dev/modules/mod/#',
    'devices/dev/modules/mod/inputs/#',
    'devices/+/modules/+/inputs/#',
    'devices/+/#',
    'devices/#',
    '+/dev/messages/devicebound/#',
    '#',
    '+/#',
    '$iothub/#',
    '$iothub/+/res/#',
    '$share/x/devices/dev/messages/devicebound/#',
  ]
  test.each(pairs([...OTHERS, module], FILTERS))('%o to %s', async (other, filter) => {
    // Granted, but for the own topics of the one that subscribes.
    const anyOf = other.moduleId === undefined ? 'devices/+/#' : 'devices/+/modules/+/inputs/#'
    const own =
      filter === anyOf ||
      (other.moduleId === undefined && filter === 'devices/+/modules/+/inputs/#') ||
      filter === '$iothub/+/res/#' ||
      (other === module && /^devices\/dev\/modules\/mod\/(#|inputs\/#)$/.test(filter))
    const client = await server.connected(other)
    subscribe(client, filter)
    if (own) {
      expect((await client.take('suback')).granted).toEqual([1])
      return
    }
    await client.closing()
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack'])
  })

  test.each(OTHERS)('messages to the victim do not reach %o', async (other) => {
    const client = await server.connected(other)
    const own = other.moduleId === undefined ? 'devices/+/#' : 'devices/+/modules/+/#'
    for (const filter of [
      own,
      '$iothub/twin/res/#',
      '$iothub/twin/PATCH/properties/desired/#',
      '$iothub/methods/POST/#',
    ]) {
      subscribe(client, filter)
      await client.take('suback')
    }
    const { hub } = server
    const message = { body: Buffer.from('secret'), properties: {}, system: {} }
    hub.c2d.send(victim, message)
    hub.inputs.send(module, 'in', message)
    for (const identity of [victim, module]) {
      hub.twins.patch(identity, { desired: { secret: 1 } }, '*')
      const call = hub.methods.invoke(identity, { methodName: 'secret', payload: undefined })
      await expect(call).rejects.toMatchObject({ kind: 'DeviceNotOnline' })
    }
    expect(await client.settled()).toEqual([])
  })
})

describe('requests without an identity in the topic apply to the sender', () => {
  test.each([...OTHERS, module])('twin requests of %o', async (other) => {
    const client = await server.connected(other)
    subscribe(client, '$iothub/twin/res/#')
    await client.take('suback')
    const untouched = other === module ? victim : module
    const before = server.hub.twins.get(victim)
    publish(client, '$iothub/twin/PATCH/properties/reported/?$rid=1&deviceId=dev')
    expect((await client.take('publish')).topic).toBe('$iothub/twin/res/204/?$rid=1&$version=2')
    expect(server.hub.twins.get(other).reported.properties).toEqual({ stolen: 1 })
    expect(server.hub.twins.get(victim)).toEqual(before)
    expect(server.hub.twins.get(untouched).reported.version).toBe(1)
  })

  test.each(OTHERS)('WIRE-METH-08: %o cannot answer a call of the victim', async (other) => {
    const device = await server.connected(victim)
    subscribe(device, '$iothub/methods/POST/#')
    await device.take('suback')
    const call = server.hub.methods.invoke(victim, { methodName: 'x', payload: undefined })
    const { topic = '' } = await device.take('publish')
    const requestId = topic.slice(topic.indexOf('=') + 1)
    const client = await server.connected(other)
    publish(client, `$iothub/methods/res/200/?$rid=${requestId}`)
    expect((await client.take('puback')).messageId).toBe(9)
    publish(device, `$iothub/methods/res/200/?$rid=${requestId}`, '"mine"')
    expect(await call).toMatchObject({ status: 200, payload: 'mine' })
  })
})

describe('WIRE-AUTH-08 WIRE-CONN-09: an identity cannot connect as another one', () => {
  test.each(OTHERS)('with the token of %o', async (other) => {
    for (const identity of [victim, module]) {
      const client = server.dial(identity, { password: Buffer.from(server.token(other)) })
      expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 5 })
    }
    const mixed = server.dial(other, { clientId: 'dev' })
    expect(await mixed.next()).toMatchObject({ cmd: 'connack', returnCode: 5 })
  })

  test.each(OTHERS)('WIRE-SESS-19: %o cannot leave a will of the victim', async (other) => {
    const topic = 'devices/dev/messages/events/'
    const client = server.dial(other, {
      will: { topic, payload: Buffer.from('x'), qos: 0, retain: false },
    })
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    client.drop()
    await server.hub.journal.until(({ type }) => type === 'link-closed')
    expect(server.hub.telemetry.messages).toEqual([])
  })
})
