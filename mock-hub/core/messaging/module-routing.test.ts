import { beforeEach, describe, expect, test } from 'vitest'
import type { Hub } from '../contract/hub.ts'
import type { SystemProperties } from '../contract/message.ts'
import { callerOf, messageOf, openHub, refusalOf, TestLink } from '../testing/test-hub.ts'

const a = { deviceId: 'd', moduleId: 'a' }
const b = { deviceId: 'd', moduleId: 'b' }
let hub: Hub
beforeEach(() => {
  hub = openHub().hub
  for (const deviceId of ['d', 'other'])
    for (const moduleId of [undefined, 'a', 'b'])
      hub.registry.create(moduleId === undefined ? { deviceId } : { deviceId, moduleId })
})
const INTO_B = 'INTO BrokeredEndpoint("/modules/b/inputs/in")'
const say = (body: string, properties: Record<string, string> = {}, system: SystemProperties = {}): void => {
  void hub.perform(callerOf(hub, a), 'telemetry', { message: messageOf(body, properties, system) })
}
const upstream = (): string[] => hub.telemetry.messages.map(({ body }) => body.toString())

test('without routes everything goes to the cloud', () => {
  const link = new TestLink(hub, b).subscribe('inputs')
  say('1', {}, { outputName: 'o' })
  expect([upstream(), link.inputs]).toEqual([['1'], []])
  expect(hub.telemetry.messages[0]?.system.outputName).toBe('o')
})

test('WIRE-MOD-04 WIRE-D2C-09: with the sender’s names, without the output, to no other device', () => {
  hub.routes = [`FROM /messages/modules/a/outputs/o ${INTO_B}`]
  const links = [b, { deviceId: 'other', moduleId: 'b' }, a].map((one) =>
    new TestLink(hub, one).subscribe('inputs'),
  )
  say('1', { p: 'q' }, { outputName: 'o', messageId: 'm' })
  expect(links.map(({ inputs }) => inputs)).toEqual([
    [
      {
        name: 'in',
        message: {
          body: Buffer.from('1'),
          properties: { p: 'q' },
          system: { messageId: 'm', connectionDeviceId: 'd', connectionModuleId: 'a' },
        },
      },
    ],
    [],
    [],
  ])
  expect(upstream()).toEqual([])
})

test.each<[string, Record<string, string>, SystemProperties, boolean]>([
  [`FROM /* ${INTO_B}`, {}, {}, true],
  [`select * from /messages/* into brokeredendpoint('/modules/b/inputs/in')`, {}, {}, true],
  [`FROM /messages/modules/a/* ${INTO_B}`, {}, { outputName: 'o' }, true],
  [`FROM /messages/modules/a/outputs/* ${INTO_B}`, {}, {}, false],
  [`FROM /messages/modules/b/* ${INTO_B}`, {}, {}, false],
  [`FROM /messages/modules/a/outputs/o ${INTO_B}`, {}, { outputName: 'p' }, false],
  [`FROM /* WHERE level = 'high' ${INTO_B}`, { level: 'high' }, {}, true],
  [`FROM /* WHERE level = 'high' ${INTO_B}`, { level: 'low' }, {}, false],
  [`FROM /* WHERE $body.t > 20 ${INTO_B}`, {}, { contentType: 'application/json' }, true],
  [`FROM /* WHERE $body.t > 20 ${INTO_B}`, {}, {}, false],
  [`FROM /* WHERE NOT IS_DEFINED(level) ${INTO_B}`, {}, {}, true],
])('WIRE-MOD-03: %s, properties %j, %j: %s', (route, properties, system, arrives) => {
  hub.routes = [route]
  const link = new TestLink(hub, b).subscribe('inputs')
  say('{"t":21}', properties, system)
  expect(link.inputs).toHaveLength(arrives ? 1 : 0)
})

test('several routes: to an input and to the cloud, once', () => {
  hub.routes = [`FROM /* ${INTO_B}`, 'FROM /* INTO $upstream', 'FROM /messages/* INTO $upstream']
  const link = new TestLink(hub, b).subscribe('inputs')
  say('1')
  expect([upstream(), link.inputs.length]).toEqual([['1'], 1])
})

test('devices are not routed', () => {
  hub.routes = [`FROM /* ${INTO_B}`]
  void hub.perform(callerOf(hub, { deviceId: 'd' }), 'telemetry', { message: messageOf('1') })
  expect(upstream()).toEqual(['1'])
})

test.each([
  '',
  'FROM /*',
  'FROM /twins/* INTO $upstream',
  'FROM /messages/modules/a INTO $upstream',
  'FROM messages/* INTO $upstream',
  'FROM /* WHERE INTO $upstream',
  "FROM /* WHERE p = 'x INTO $upstream",
  'FROM /* INTO cloud',
  'FROM /* INTO BrokeredEndpoint("/modules/b")',
])('%j is no route, and those before stay', (route) => {
  hub.routes = ['FROM /* INTO $upstream']
  expect(() => (hub.routes = ['FROM /* INTO $upstream', route])).toThrow(/^route: expected .*; given: /)
  expect(hub.routes).toEqual(['FROM /* INTO $upstream'])
})

describe('an input that waits', () => {
  test('WIRE-MOD-03: in order, for the module that comes; the oldest go', () => {
    for (let n = 0; n < 1_001; n++) hub.inputs.send(b, 'in', messageOf(String(n)))
    const link = new TestLink(hub, b).subscribe('inputs')
    expect(link.inputs).toHaveLength(1_000)
    expect(link.inputs[0]?.message.body.toString()).toBe('1')
    hub.inputs.send(b, 'in', messageOf('x'))
    expect(link.inputs.at(-1)?.message.body.toString()).toBe('x')
  })

  test('devices and unknown modules have no inputs', () => {
    expect(refusalOf(() => hub.inputs.send({ deviceId: 'd' }, 'in', messageOf())).code).toBe(400003)
    expect(refusalOf(() => hub.inputs.send({ deviceId: 'd', moduleId: 'x' }, 'in', messageOf())).code).toBe(
      404010,
    )
  })

  test('is gone with its module', () => {
    hub.inputs.send(b, 'in', messageOf())
    hub.registry.remove(b, '*')
    hub.registry.create(b)
    expect(new TestLink(hub, b).subscribe('inputs').inputs).toEqual([])
  })
})
