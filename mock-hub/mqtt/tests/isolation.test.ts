import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Identity } from '../../core/contract/identity.ts'
import type { RawClient } from '../testing/raw-client.ts'
import { TestRoom } from '../testing/test-server.ts'

const victim = { deviceId: 'dev' }
const module = { deviceId: 'dev', moduleId: 'mod' }
/** Identities that a careless comparison takes for the victim. */
const STRANGERS: readonly Identity[] = [
  { deviceId: 'de' },
  { deviceId: 'dev1' },
  { deviceId: 'DEV' },
  { deviceId: 'de%76' },
  { deviceId: '+' },
  { deviceId: '#' },
  { deviceId: 'dev1', moduleId: 'mod' },
]

let room: TestRoom
beforeEach(async () => {
  room = await TestRoom.open()
  for (const deviceId of ['dev', ...new Set(STRANGERS.map((one) => one.deviceId))]) room.device(deviceId)
  room.module('dev', 'mod')
  room.module('dev1', 'mod')
})
afterEach(() => room.stop())

const publish = (client: RawClient, topic: string, payload = '{"stolen":1}'): void => {
  client.send({ cmd: 'publish', topic, payload, qos: 1, messageId: 9, dup: false, retain: false })
}
const subscribe = (client: RawClient, topic: string): void => {
  client.send({ cmd: 'subscribe', messageId: 8, subscriptions: [{ topic, qos: 1 }] })
}
/** All that a stranger could have changed. */
const belongings = (): unknown =>
  [victim, module].map((identity) => [
    room.hub.twins.get(identity),
    room.hub.c2d.waiting(identity),
    room.hub.registry.get(identity).lastActivityAt,
  ])
const pairs = (identities: readonly Identity[], topics: readonly string[]): [Identity, string][] =>
  identities.flatMap((identity) => topics.map((topic): [Identity, string] => [identity, topic]))

describe('WIRE-D2C-15 WIRE-D2C-16: nobody publishes for another', () => {
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
  test.each(pairs([...STRANGERS, module], TOPICS))('%o to %s', async (stranger, topic) => {
    if (stranger === module && topic.startsWith('devices/dev/modules/mod/messages')) return
    const client = await room.connected(stranger)
    const before = belongings()
    publish(client, topic)
    await client.closing()
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack'])
    expect(room.hub.telemetry.messages).toEqual([])
    if (stranger !== module) expect(belongings()).toEqual(before)
  })

  test('a device does not publish for its own module', async () => {
    const client = await room.connected(victim)
    publish(client, 'devices/dev/modules/mod/messages/events/')
    await client.closing()
    expect(room.hub.telemetry.messages).toEqual([])
  })
})

describe('WIRE-SESS-14: nobody subscribes for another', () => {
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
  test.each(pairs([...STRANGERS, module], FILTERS))('%o to %s', async (stranger, filter) => {
    const own = stranger === module && /^devices\/dev\/modules\/mod\/(#|inputs\/#)$/.test(filter)
    const client = await room.connected(stranger)
    subscribe(client, filter)
    if (own) {
      expect((await client.take('suback')).granted).toEqual([1])
      return
    }
    await client.closing()
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack'])
  })

  test.each(STRANGERS)('what the victim gets does not reach %o', async (stranger) => {
    const client = await room.connected(stranger)
    const own =
      stranger.moduleId === undefined ? 'devices/+/messages/devicebound/#' : `devices/dev1/modules/mod/#`
    for (const filter of [
      own,
      '$iothub/twin/res/#',
      '$iothub/twin/PATCH/properties/desired/#',
      '$iothub/methods/POST/#',
    ]) {
      subscribe(client, filter)
      await client.take('suback')
    }
    const { hub } = room
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

describe('what carries no name is about the one who asks', () => {
  test.each([...STRANGERS, module])('twin requests of %o', async (stranger) => {
    const client = await room.connected(stranger)
    subscribe(client, '$iothub/twin/res/#')
    await client.take('suback')
    const other = stranger === module ? victim : module
    const before = room.hub.twins.get(victim)
    publish(client, '$iothub/twin/PATCH/properties/reported/?$rid=1&deviceId=dev')
    expect((await client.take('publish')).topic).toBe('$iothub/twin/res/204/?$rid=1&$version=2')
    expect(room.hub.twins.get(stranger).reported.properties).toEqual({ stolen: 1 })
    expect(room.hub.twins.get(victim)).toEqual(before)
    expect(room.hub.twins.get(other).reported.version).toBe(1)
  })

  test.each(STRANGERS)('WIRE-METH-08: %o answers no call of another', async (stranger) => {
    const device = await room.connected(victim)
    subscribe(device, '$iothub/methods/POST/#')
    await device.take('suback')
    const call = room.hub.methods.invoke(victim, { methodName: 'x', payload: undefined })
    const { topic = '' } = await device.take('publish')
    const requestId = topic.slice(topic.indexOf('=') + 1)
    const client = await room.connected(stranger)
    publish(client, `$iothub/methods/res/200/?$rid=${requestId}`)
    expect((await client.take('puback')).messageId).toBe(9)
    publish(device, `$iothub/methods/res/200/?$rid=${requestId}`, '"mine"')
    expect(await call).toEqual({ status: 200, payload: 'mine' })
  })
})

describe('WIRE-AUTH-08 WIRE-CONN-09: nobody connects as another', () => {
  test.each(STRANGERS)('with the token of %o', async (stranger) => {
    for (const identity of [victim, module]) {
      const client = room.dial(identity, { password: Buffer.from(room.token(stranger)) })
      expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 5 })
    }
    const mixed = room.dial(stranger, { clientId: 'dev' })
    expect(await mixed.next()).toMatchObject({ cmd: 'connack', returnCode: 5 })
  })

  test.each(STRANGERS)('WIRE-SESS-19: nor leaves a will as %o', async (stranger) => {
    const topic = 'devices/dev/messages/events/'
    const client = room.dial(stranger, { will: { topic, payload: Buffer.from('x'), qos: 0, retain: false } })
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 5 })
    client.drop()
    expect(room.hub.telemetry.messages).toEqual([])
  })
})
