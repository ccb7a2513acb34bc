import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidInput } from '../../base/invalid-input.ts'
import { HubClock, ManualClock } from '../../base/clock.ts'
import { jsonText } from '../../base/json-floats.ts'
import { readJson } from '../../base/json-text.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import type { Settings } from '../contract/settings.ts'
import { HubError } from '../errors/hub-error.ts'
import { createHub } from '../create-hub.ts'
import type { Services } from '../contract/services/services.ts'
import type { HubSnapshot } from '../contract/services/snapshots.ts'
import { createServices } from './create-services.ts'

const SHAPES = {
  twin: () => ({}),
  time: String,
  registryFile: {
    line: () => ({}),
    apply: () => undefined,
    configuration: () => ({ id: 'c', spec: {}, ifMatch: '*' }),
  },
}
const BLOBS = { read: () => Promise.resolve(''), write: () => Promise.resolve() }

interface World {
  readonly hub: Hub
  readonly clock: HubClock
  readonly services: Services
}
function fresh(seed: number, clock: HubClock = new ManualClock(), settings: Partial<Settings> = {}): World {
  const hub = createHub({ clock, settings: { ...settings, seed } })
  return { hub, clock, services: createServices(hub, SHAPES, BLOBS) }
}
const taken = ({ services }: World): HubSnapshot => services.snapshots.take()
const restored = (snapshot: unknown, seed = 99): World => {
  const world = fresh(seed)
  world.services.snapshots.restore(snapshot as HubSnapshot)
  return world
}

test('WIRE-TWIN-43: a float with a whole value stays one', () => {
  const world = fresh(1)
  world.hub.registry.create({ deviceId: 'd1' })
  world.hub.twins.patch({ deviceId: 'd1' }, { desired: readJson('{"a":40.0}') as JsonObject }, '*')
  const { hub } = restored(taken(world))
  expect(jsonText(hub.twins.get({ deviceId: 'd1' }).desired.properties)).toBe('{"a":40.0}')
})

/** What may have happened to a hub. */
const device = fc.constantFrom('d1', 'd2', 'e')
const module = fc.constantFrom('m1', 'm2')
const json = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.oneof(fc.integer(), fc.string(), fc.constant(null)),
)
const step = fc.oneof(
  fc.record({ do: fc.constant('device' as const), device, edge: fc.boolean(), disabled: fc.boolean() }),
  fc.record({ do: fc.constant('module' as const), device, module }),
  fc.record({ do: fc.constant('remove' as const), device }),
  fc.record({ do: fc.constant('twin' as const), device, desired: json, reported: json, tags: json }),
  fc.record({
    do: fc.constant('message' as const),
    device,
    body: fc.uint8Array({ maxLength: 8 }),
    properties: fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
  }),
  fc.record({ do: fc.constant('receive' as const), device }),
  fc.record({ do: fc.constant('input' as const), device, module }),
  fc.record({ do: fc.constant('job' as const), jobId: fc.constantFrom('j1', 'j2'), seconds: fc.nat(3_000) }),
  fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 3_000 }) }),
  fc.record({
    do: fc.constant('configuration' as const),
    id: fc.constantFrom('c1', 'c2'),
    priority: fc.nat(9),
  }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Does it; what the hub refuses has not happened. */
function happen({ hub, clock, services }: World, step: Step): void {
  try {
    switch (step.do) {
      case 'device':
        hub.registry.create(
          { deviceId: step.device },
          { iotEdge: step.edge, status: step.disabled ? 'disabled' : 'enabled' },
        )
        return
      case 'module':
        hub.registry.create({ deviceId: step.device, moduleId: step.module })
        return
      case 'remove':
        hub.registry.remove({ deviceId: step.device }, '*')
        return
      case 'twin':
        hub.twins.patch({ deviceId: step.device }, { desired: step.desired, tags: step.tags }, '*')
        hub.twins.patchReported({ deviceId: step.device }, step.reported)
        return
      case 'message':
        hub.c2d.send(
          { deviceId: step.device },
          { body: Buffer.from(step.body), system: { messageId: 'x' }, properties: step.properties },
        )
        return
      case 'receive':
        hub.c2d.receive({ deviceId: step.device })
        return
      case 'input':
        hub.inputs.send({ deviceId: step.device, moduleId: step.module }, 'in', {
          ...{ body: Buffer.from('x'), system: {}, properties: {} },
        })
        return
      case 'job':
        services.jobs.create({
          ...{ jobId: step.jobId, type: 'scheduleUpdateTwin', queryCondition: '*', given: {} },
          ...{ maxExecutionTimeInSeconds: 60, startAt: clock.now() + step.seconds * 1_000 },
          updateTwin: { etag: '*', update: { tags: { job: step.jobId } } },
        })
        return
      case 'wait':
        clock.advance(step.seconds * 1000)
        return
      case 'configuration':
        services.configurations.put(
          step.id,
          {
            content: { deviceContent: { 'properties.desired.fromConfiguration': step.id } },
            targetCondition: '*',
            priority: step.priority,
          },
          undefined,
        )
        return
    }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
  }
}

describe('snapshots', () => {
  test('a snapshot that is restored into a new hub and taken again is the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = fresh(1)
        for (const one of steps) happen(world, one)
        world.hub.routes = ['FROM /messages/* INTO $upstream']
        const snapshot = taken(world)
        expect(taken(restored(JSON.parse(JSON.stringify(snapshot))))).toEqual(snapshot)
      }),
    )
  })

  test('restoring into a hub that is in use replaces all of its state', () => {
    const snapshot = taken(fresh(1))
    const world = fresh(2)
    for (const deviceId of ['a', 'b']) world.hub.registry.create({ deviceId })
    world.hub.c2d.send({ deviceId: 'a' }, { body: Buffer.from('x'), system: {}, properties: {} })
    world.services.snapshots.restore(snapshot)
    expect(world.hub.registry.size).toBe(0)
    world.hub.registry.create({ deviceId: 'a' })
    expect(world.hub.c2d.count({ deviceId: 'a' })).toBe(0)
  })

  test('WIRE-QRY-20: restored into a hub whose queries lag, its twins are found at once, and no others', () => {
    const old = fresh(1)
    old.hub.registry.create({ deviceId: 'a' })
    old.hub.twins.patch({ deviceId: 'a' }, { tags: { n: 1 } }, '*')
    const world = fresh(2, new ManualClock(), { queryLagSeconds: 5 })
    world.hub.registry.create({ deviceId: 'b' })
    world.services.snapshots.restore(taken(old))
    const rows = () => world.services.queries.run('SELECT deviceId, tags.n FROM devices').rows
    expect(rows()).toEqual([{ deviceId: 'a', n: 1 }])
    world.hub.registry.remove({ deviceId: 'a' }, '*')
    expect(rows()).toEqual([{ deviceId: 'a', n: 1 }])
  })

  test('keys, generation id and etag are kept, and later identities are newer', () => {
    const before = fresh(1)
    const record = before.hub.registry.create({ deviceId: 'a' })
    // The same seed counts from the same numbers.
    const { hub } = restored(taken(before), 1)
    expect(hub.registry.get({ deviceId: 'a' })).toEqual(record)
    const later = hub.registry.create({ deviceId: 'b' })
    expect(later.etag).not.toBe(record.etag)
    expect(BigInt(later.generationId)).toBeGreaterThan(BigInt(record.generationId))
  })

  test('a message keeps its expiry', () => {
    const before = fresh(1)
    const to = { deviceId: 'a' }
    before.hub.registry.create(to)
    before.hub.c2d.send(to, { body: Buffer.from('x'), system: {}, properties: {} })
    const ttl = before.hub.settings.c2dTtlSeconds * 1000
    before.clock.advance(ttl - 1)
    const { hub, clock } = restored(taken(before))
    expect(hub.c2d.count(to)).toBe(1)
    clock.advance(1)
    expect(hub.c2d.count(to)).toBe(0)
  })

  test('a job of the hub before does nothing in the state that is restored', () => {
    const world = fresh(1)
    world.hub.registry.create({ deviceId: 'a' })
    const snapshot = taken(world)
    world.services.jobs.create({
      ...{
        jobId: 'j',
        type: 'scheduleUpdateTwin',
        queryCondition: '*',
        maxExecutionTimeInSeconds: 60,
        given: {},
      },
      startAt: world.clock.now() + 1_000,
      updateTwin: { etag: '*', update: { tags: { job: true } } },
    })
    const withJob = taken(world)
    world.services.snapshots.restore(snapshot)
    world.clock.advance(2_000)
    expect(world.hub.twins.get({ deviceId: 'a' }).tags).toEqual({})
    world.services.snapshots.restore(withJob)
    world.clock.advance(2_000)
    expect(world.hub.twins.get({ deviceId: 'a' }).tags).toEqual({ job: true })
  })

  test('a snapshot of format 1 is restored', () => {
    const world = fresh(1)
    world.hub.registry.create({ deviceId: 'a' })
    const { documents, ...rest } = taken(world)
    expect(documents).toBeDefined()
    expect(restored({ ...rest, format: 1 }).hub.registry.size).toBe(1)
  })

  test('a running clock keeps its offset', () => {
    const clock = new HubClock()
    clock.setOffset('-1h')
    const snapshot = taken(fresh(1, clock))
    expect(snapshot.clock).toEqual({ offsetMs: -3_600_000 })
    const other = new HubClock(0)
    const world = fresh(1, other)
    world.services.snapshots.restore(snapshot)
    expect(other.frozen).toBe(false)
    expect(taken(world)).toEqual(snapshot)
  })

  test.each([
    [{ format: 3 }, 'snapshot: expected format to be 1 or 2; given: 3'],
    [
      { documents: [{ kind: 'x', key: 'a', value: 1 }] },
      'snapshot: expected documents[0].kind to be one of feedbackBatch,',
    ],
    [
      { hostName: 'other' },
      `snapshot: expected hostName to be localhost, this hub's: keys and tokens are made for it; given: "other"`,
    ],
  ])('%j is refused', (change, message) => {
    expect(() => restored({ ...taken(fresh(1)), ...change })).toThrow(InvalidInput)
    expect(() => restored({ ...taken(fresh(1)), ...change })).toThrow(message)
  })

  test('an identity that occurs twice, a module without its device, another identity’s twin: refused, and nothing has changed', () => {
    const before = fresh(1)
    before.hub.registry.create({ deviceId: 'a' })
    before.hub.registry.create({ deviceId: 'a', moduleId: 'm' })
    const snapshot = taken(before)
    const [a, m] = snapshot.identities
    const world = fresh(2)
    world.hub.registry.create({ deviceId: 'kept' })
    for (const [identities, message] of [
      [[a, a], 'identities[1].record.identity to be there once only'],
      [[m, a], 'identities[0].record.identity to come after its device'],
      [[{ ...a, twin: m!.twin }], 'identities[0].twin.identity to be a, as in the record'],
    ] as const) {
      const wrong = { ...snapshot, identities } as HubSnapshot
      expect(() => world.services.snapshots.restore(wrong)).toThrow(message)
    }
    expect(() => world.services.snapshots.restore({ ...snapshot, routes: ['x'] })).toThrow()
    expect([...world.hub.registry.devices()].map(({ identity }) => identity.deviceId)).toEqual(['kept'])
  })
})

describe('base64 that a lenient decoder would change is refused with its field, and changes nothing', () => {
  test.each(['QUI', 'QU-_', 'QUI=\n', 'QUI=x', 'no base64', 7, undefined])('%j', (base64) => {
    const world = fresh(1)
    world.hub.registry.create({ deviceId: 'd1' })
    world.hub.c2d.send({ deviceId: 'd1' }, { body: Buffer.from('AB'), system: {}, properties: {} })
    const snapshot = JSON.parse(JSON.stringify(taken(world))) as {
      readonly identities: readonly [
        {
          readonly record: { readonly authentication: { readonly symmetricKey: Record<string, unknown> } }
          readonly cloudToDevice: readonly [{ readonly message: Record<string, unknown> }]
        },
      ]
      readonly documents: unknown[]
    }
    const before = taken(world)
    const refused = (change: (wrong: typeof snapshot) => void, message: string): void => {
      const wrong = structuredClone(snapshot)
      change(wrong)
      expect(() => {
        world.services.snapshots.restore(wrong as unknown as HubSnapshot)
      }).toThrow(message)
      expect(taken(world)).toEqual(before)
    }
    refused(({ identities: [{ cloudToDevice }] }) => {
      cloudToDevice[0].message['bodyBase64'] = base64
    }, 'expected identities[0].cloudToDevice[0].message.bodyBase64 to be base64 (+ and /, padded with =); given: ')
    for (const name of ['primaryKey', 'secondaryKey'])
      refused(({ identities: [{ record }] }) => {
        record.authentication.symmetricKey[name] = base64
      }, `expected identities[0].record.authentication.symmetricKey.${name} to be base64 (+ and /, padded with =); given: `)
    refused(({ documents }) => {
      const message = { bodyBase64: base64, properties: {}, system: {} }
      documents.splice(0, documents.length, {
        ...{ kind: 'input', key: 'd1/m\n1' },
        value: { inputName: 'i', message },
      })
    }, 'expected documents[0].value to be without a message whose bodyBase64 is not base64')
  })
})
