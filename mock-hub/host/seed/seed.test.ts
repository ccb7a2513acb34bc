import { afterEach, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { parseSeed } from './seed-file.ts'
import { applySeed, mergeSeeds, onceEach, policiesFrom, type Seed } from './seed.ts'
import { seedPart } from './snapshot-seed.ts'

let hub: Hub | undefined
afterEach(() => hub?.stop())

function fresh(): Hub {
  return (hub = createHub({ clock: new ManualClock() }))
}
/** A seed that is not a snapshot. */
const seedOf = async (text: string, where: string): Promise<Seed> => seedPart(await parseSeed(text, where))
const keyOf = onceEach((purpose) => Buffer.from(`key of ${purpose} `.padEnd(32)).toString('base64'))

test('a seed in YAML becomes devices, modules, twins and routes', async () => {
  const seed = await seedOf(
    `
devices:
  - deviceId: gateway
    capabilities: { iotEdge: true }
    modules:
      - moduleId: filter
        properties: { desired: { every: 5 } }
  - deviceId: thermostat
    parent: gateway
    status: disabled
    key: ${Buffer.alloc(32, 7).toString('base64')}
    tags: { site: north }
    properties: { desired: { target: 21 }, reported: { now: 19 } }
routes:
  - FROM /messages/* INTO $upstream
`,
    'seed.yaml',
  )
  const { registry, twins, routes } = ((): Hub => {
    const made = fresh()
    applySeed(made, seed, keyOf)
    return made
  })()
  expect(registry.get({ deviceId: 'gateway' }).iotEdge).toBe(true)
  const thermostat = registry.get({ deviceId: 'thermostat' })
  expect(thermostat.status).toBe('disabled')
  expect(thermostat.authentication.symmetricKey.primaryKey).toBe(Buffer.alloc(32, 7).toString('base64'))
  expect(thermostat.parentScopes).toEqual([registry.get({ deviceId: 'gateway' }).deviceScope])
  const twin = twins.get({ deviceId: 'thermostat' })
  expect([twin.tags, twin.desired.properties, twin.reported.properties]).toEqual([
    { site: 'north' },
    { target: 21 },
    { now: 19 },
  ])
  expect(twins.get({ deviceId: 'gateway', moduleId: 'filter' }).desired.properties).toEqual({ every: 5 })
  expect(routes).toEqual(['FROM /messages/* INTO $upstream'])
})

test('a seed in JSON is read too; keys come from the given source', async () => {
  const made = fresh()
  applySeed(made, await seedOf('{"devices":[{"deviceId":"a"}]}', 'seed.json'), keyOf)
  expect(made.registry.get({ deviceId: 'a' }).authentication.symmetricKey).toEqual({
    primaryKey: keyOf('a primary'),
    secondaryKey: keyOf('a secondary'),
  })
})

test.each([
  ['devices: [', 's.yaml: cannot be read as YAML'],
  ['devices: 5', 's.yaml: expected seed.devices to be an array; given: 5'],
  [
    'devices: [{ deviceId: 5 }]',
    's.yaml: expected seed.devices[0].deviceId to be an ID: 1 to 128 letters, digits or',
  ],
  [
    'devices: [{ deviceId: a, keys: x }]',
    's.yaml: expected seed.devices[0].keys to be left out: there is no such field (did you mean "key"?); given: a string',
  ],
  ['devices: [x]', 's.yaml: expected seed.devices[0] to be an object; given: "x"'],
  ['devices: [{}]', 's.yaml: expected seed.devices[0].deviceId to be given; given: nothing'],
  [
    'devices: [{ deviceId: a, status: on }]',
    's.yaml: expected seed.devices[0].status to be one of "enabled", "disabled"; given: "on"',
  ],
  [
    'wires: 1',
    's.yaml: expected seed.wires to be left out; the known fields are devices, routes, enrollments, enrollmentGroups, certificates, linkedHubs, eventSources; given: 1',
  ],
])('%s is refused with the field, the rule and the given value', async (text, message) => {
  await expect(parseSeed(text, 's.yaml')).rejects.toThrow(message)
})

test.each([
  ['{"format":1}', 's.json: expected seed.hostName to be given; given: nothing'],
  [
    '{"format":1,"hostname":"h"}',
    's.json: expected seed.hostname to be left out: there is no such field (did you mean "hostName"?); given: "hostname"',
  ],
])('a snapshot that is none: %s', async (text, message) => {
  await expect(parseSeed(text, 's.json')).rejects.toThrow(message)
})

test('a child before its gateway is refused', () => {
  expect(() => applySeed(fresh(), { devices: [{ deviceId: 'leaf', parent: 'gateway' }] }, keyOf)).toThrow(
    'seed, device leaf: expected parent to be an edge device that comes earlier in the seed; given: "gateway"',
  )
})

test('merged seeds have the later values and all modules', () => {
  const merged = mergeSeeds(
    { devices: [{ deviceId: 'a', status: 'enabled', modules: [{ moduleId: 'm' }] }] },
    { devices: [{ deviceId: 'a', status: 'disabled', modules: [{ moduleId: 'n' }] }], routes: ['r'] },
  )
  expect(merged).toEqual({
    devices: [{ deviceId: 'a', status: 'disabled', modules: [{ moduleId: 'm' }, { moduleId: 'n' }] }],
    routes: ['r'],
  })
})

test('policies from a key source are the five defaults', () => {
  expect(policiesFrom(keyOf).map(({ name }) => name)).toEqual([
    'iothubowner',
    'service',
    'device',
    'registryRead',
    'registryReadWrite',
  ])
  expect(policiesFrom(keyOf)[1]?.primaryKey).toBe(keyOf('policy service primary'))
})
