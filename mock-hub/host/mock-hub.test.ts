import { afterEach, beforeEach, expect, test } from 'vitest'
import { InvalidInput } from '../base/invalid-input.ts'
import { createHub } from '../core/create-hub.ts'
import type { Hub } from '../core/contract/hub.ts'
import { mockHubOf, type HostMembers, type MockHub } from './mock-hub.ts'
import { MEMBER_RULES, type Argument } from './method-rules.ts'

/** For callers without a compiler. */
type Loose<T> = { readonly [M in keyof T]: (...values: unknown[]) => unknown }
type LooseHub = { readonly [K in keyof typeof MEMBER_RULES]: Loose<MockHub[K]> }

let core: Hub
let hub: MockHub
beforeEach(() => {
  core = createHub()
  // The members of the host do not matter here.
  hub = mockHubOf(core, { address: '127.0.0.1' } as HostMembers)
})
afterEach(() => {
  core.stop()
})

const INTERNAL = ['clock', 'commits', 'eventPositions', 'logger', 'authentication', 'deviceFaults']

test('a MockHub has every field of the core except the internal ones', () => {
  const fields = Object.keys(core)
  expect(fields.length).toBeGreaterThan(10)
  for (const name of fields) {
    if (INTERNAL.includes(name)) expect(hub).not.toHaveProperty(name)
    else if (!Object.hasOwn(MEMBER_RULES, name))
      expect(Reflect.get(hub, name), name).toBe(Reflect.get(core, name))
  }
})

/** Every method of every member that takes something. */
const CALLS = Object.entries(MEMBER_RULES).flatMap(([member, methods]) =>
  Object.entries(methods as Readonly<Record<string, readonly Argument[]>>)
    .filter(([, parameters]) => parameters.length > 0)
    .map(([method, [first]]) => [member, method, first?.[0] ?? ''] as const),
)

/** What a call throws, or rejects with. */
async function failure(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  return undefined
}

test.each(CALLS)('hub.%s.%s names a wrong value', async (member, method, parameter) => {
  const target = Reflect.get(hub, member) as Record<string, (value: unknown) => unknown>
  const error = await failure(() => target[method]?.(Symbol('wrong')))
  expect(error).toBeInstanceOf(InvalidInput)
  expect(String(error)).toContain(`hub.${member}.${method}: expected ${parameter} `)
  expect(String(error)).toContain('given: a symbol')
})

const d = { deviceId: 'd' }
const body = Buffer.from('x')
test.each<[string, (loose: LooseHub) => unknown, string]>([
  [
    'a text as an identity',
    ({ registry }) => registry.get('d'),
    'hub.registry.get: expected identity to be an object; given: "d"',
  ],
  [
    'a misspelt field',
    ({ registry }) => registry.create({ deviceID: 'd' }),
    'identity.deviceID to be left out: there is no such field (did you mean "deviceId"?)',
  ],
  [
    'a status',
    ({ registry }) => registry.create(d, { status: 'on' }),
    'spec.status to be one of "enabled", "disabled"; given: "on"',
  ],
  [
    'a twin as the service has it',
    ({ twins }) => twins.patch(d, { properties: {} }),
    'update.properties to be left out; the known fields are tags, desired;',
  ],
  [
    'a text as a body',
    ({ c2d }) => c2d.send(d, { body: 'x', system: {}, properties: {} }),
    'hub.c2d.send: expected message.body to be a Buffer; given: "x"',
  ],
  [
    'no properties',
    ({ c2d }) => c2d.send(d, { body, system: {} }),
    'message.properties to be given; given: nothing',
  ],
  [
    'a number as a property',
    ({ c2d }) => c2d.send(d, { body, system: {}, properties: { a: 1 } }),
    'message.properties.a to be a string, or null; given: 1',
  ],
  [
    'text that is not JSON as a payload',
    ({ methods }) => methods.invoke(d, { methodName: 'm', payload: 'on' }),
    'hub.methods.invoke: expected call.payload to be a JSON value, or JSON text (for the string on: \'"on"\'); given: "on"',
  ],
  [
    'a payload that JSON has no text for',
    ({ methods }) => methods.invoke(d, { methodName: 'm', payload: { at: Infinity } }),
    'hub.methods.invoke: expected call.payload to be a JSON value, or JSON text',
  ],
  [
    'no listener',
    ({ journal }) => journal.subscribe(),
    'hub.journal.subscribe: expected listener to be a function; given: nothing',
  ],
  [
    'an outcome',
    ({ feedback }) => feedback.settle('t', 'done'),
    'outcome to be one of "complete", "abandon", "reject"; given: "done"',
  ],
])('%s is named', async (_what, call, message) => {
  core.registry.create(d)
  const error = await failure(() => call(hub as unknown as LooseHub))
  expect(error).toBeInstanceOf(InvalidInput)
  expect(String(error)).toContain(message)
})

test('right values pass, and what a member has beside methods is there', async () => {
  hub.registry.create(d, { status: 'enabled', statusReason: null })
  hub.c2d.send(d, { body, system: { messageId: 'm' }, properties: { a: null } })
  expect([hub.registry.size, hub.c2d.count(d), [...hub.registry.devices()].length]).toEqual([1, 1, 1])
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(hub.journal.until(() => false, { signal })).rejects.toThrow('enough')
})

test('routes that are no list are named', () => {
  expect(() => {
    hub.routes = 'FROM /messages/* INTO $upstream' as unknown as string[]
  }).toThrow('hub: expected routes to be an array; given: "FROM')
})

test('what adapters call on the core is not there', () => {
  for (const name of ['perform', 'openSession', 'refuse', 'attachBlobStorage'])
    expect(hub).not.toHaveProperty(name)
})

test('accessors read and write the core', () => {
  hub.routes = ['FROM /messages/* INTO $upstream']
  expect(core.routes).toEqual(['FROM /messages/* INTO $upstream'])
  core.routes = []
  expect(hub.routes).toEqual([])
  expect(hub.lastRefusals).toEqual([])
})

test('own members of the host are there, and all members are listed', () => {
  expect(hub.address).toBe('127.0.0.1')
  expect(Object.keys(hub)).toEqual(expect.arrayContaining(['address', 'journal', 'routes', 'lastRefusals']))
})
