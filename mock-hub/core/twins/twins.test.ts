import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import type { TwinChange } from '../contract/twins.ts'
import { openHub, refusalOf, TestLink } from '../testing/test-hub.ts'

const d = { deviceId: 'd' }
let hub: Hub
let clock: ManualClock
beforeEach(() => {
  ;({ hub, clock } = openHub())
  hub.registry.create(d)
})
const now = (): string => `${new Date(clock.now()).toISOString().slice(0, -1)}0000Z`

describe('a new twin', () => {
  test('WIRE-TWIN-31 WIRE-TWIN-33: version 2, etag 1, empty sections of version 1 with the time of creation', () => {
    const section = { properties: {}, version: 1, metadata: { $lastUpdated: now() } }
    clock.advance(5_000)
    expect(hub.twins.get(d)).toEqual({
      identity: d,
      etag: 'AAAAAAAAAAE=',
      version: 2,
      modelId: '',
      tags: {},
      desired: section,
      reported: section,
    })
  })

  test('it has the model that the device announces', () => {
    new TestLink(hub, d, {}, 'dtmi:a;1')
    expect(hub.twins.get(d)).toMatchObject({ modelId: 'dtmi:a;1', version: 2, etag: 'AAAAAAAAAAE=' })
  })
})

describe('versions and etags', () => {
  test('WIRE-TWIN-10 WIRE-TWIN-32: writes of the service increase etag and version, reports only the version', () => {
    const seen = (): unknown[] => {
      const { etag, version, desired, reported } = hub.twins.get(d)
      return [
        Number(Buffer.from(etag, 'base64').readBigUInt64BE()),
        version,
        desired.version,
        reported.version,
      ]
    }
    hub.twins.patch(d, { desired: { a: 1 } }, '*')
    expect(seen()).toEqual([2, 3, 2, 1])
    expect(hub.twins.patchReported(d, { a: 1 })).toBe(2)
    expect(seen()).toEqual([2, 4, 2, 2])
    hub.twins.patch(d, { tags: { t: 1 } }, undefined)
    expect(seen()).toEqual([3, 5, 2, 2])
    hub.twins.replace(d, { tags: {}, desired: {} }, '*')
    expect(seen()).toEqual([4, 6, 3, 2])
  })

  test('WIRE-TWIN-35 WIRE-TWIN-36: If-Match in each spelling; a stale one changes nothing', () => {
    const { etag } = hub.twins.get(d)
    expect(hub.twins.patch(d, { tags: { n: 1 } }, `"${etag}"`).etag).toBe('AAAAAAAAAAI=')
    for (const act of [
      () => hub.twins.patch(d, { tags: { n: 2 } }, `"${etag}"`),
      () => hub.twins.replace(d, { tags: { n: 2 } }, `"${etag}"`),
    ])
      expect(refusalOf(act)).toMatchObject({ code: 412001, message: "ETag mismatch for device ID 'd'" })
    // One without quotes is not seen.
    for (const match of ['"AAAAAAAAAAI="', '*', '"*"', 'stale', '""']) hub.twins.patch(d, {}, match)
    expect(hub.twins.get(d)).toMatchObject({ tags: { n: 1 }, etag: 'AAAAAAAAAAc=' })
  })

  test('WIRE-TWIN-11: a report on an old version is 412 and changes nothing', () => {
    expect(hub.twins.patchReported(d, { a: 1 }, 1)).toBe(2)
    for (const base of [1, 3, 0])
      expect(refusalOf(() => hub.twins.patchReported(d, { a: 2 }, base)).code).toBe(412001)
    expect(hub.twins.patchReported(d, { a: 3 }, 2)).toBe(3)
  })
})

describe('limits of writes', () => {
  test.each<[string, Json, string]>([
    ['an array', [], 'WIRE-TWIN-12'],
    ['null', null, 'WIRE-TWIN-12'],
    ['a text', 'x', 'WIRE-TWIN-12'],
    ['$version', { $version: 1 }, 'WIRE-TWIN-13'],
    ['a bad key beside good ones', { good: 1, 'b.d': 1 }, 'WIRE-TWIN-26'],
  ])('WIRE-TWIN-12: %s is refused whole', (_what, patch, rule) => {
    const before = hub.twins.get(d)
    expect(refusalOf(() => hub.twins.patchReported(d, patch))).toMatchObject({
      code: 400004,
      explanation: { rule },
    })
    expect(hub.twins.get(d)).toEqual(before)
  })

  test('WIRE-TWIN-25: the size after the patch counts, and desired is not written when tags are too large', () => {
    const half = { a: 'x'.repeat(4_000), b: 'x'.repeat(4_000) }
    hub.twins.patch(d, { tags: half }, '*')
    const act = () => hub.twins.patch(d, { desired: { n: 1 }, tags: { c: 'x'.repeat(200) } }, '*')
    expect(refusalOf(act).explanation.rule).toBe('WIRE-TWIN-25')
    expect(hub.twins.get(d).desired.version).toBe(1)
    hub.twins.patch(d, { tags: { a: null, c: 'x'.repeat(200) } }, '*')
    expect(Object.keys(hub.twins.get(d).tags)).toEqual(['b', 'c'])
  })

  test('WIRE-TWIN-22 WIRE-TWIN-23 WIRE-TWIN-34: PATCH merges and PUT replaces', () => {
    hub.twins.patch(d, { desired: { a: { b: 1, c: 2 }, x: [1] }, tags: { t: { u: 1 } } }, '*')
    hub.twins.patch(d, { desired: { a: { b: null, d: 3 }, x: 'y', p: { q: null } }, tags: { t: 7 } }, '*')
    const twin = hub.twins.get(d)
    expect([twin.desired.properties, twin.tags]).toEqual([{ a: { c: 2, d: 3 }, x: 'y', p: {} }, { t: 7 }])
    hub.twins.replace(d, { desired: { o: { p: 1 } } }, '*')
    expect(hub.twins.get(d)).toMatchObject({
      desired: { properties: { o: { p: 1 } }, version: 4 },
      tags: { t: 7 },
    })
    expect(hub.twins.replace(d, { tags: null }, '*').tags).toEqual({})
  })
})

test.each([
  [{ desired: { n: null } }, 'desired.n'],
  [{ desired: { a: { b: [{ c: null }] } } }, 'desired.a.b[0].c'],
  [{ tags: { t: { u: null } } }, 'tags.t.u'],
])('WIRE-TWIN-39: a replacement with null is refused: %j', (update, path) => {
  const { kind, message, explanation } = refusalOf(() => hub.twins.replace(d, update, '*'))
  expect(kind).toBe('ArgumentInvalid')
  expect(message).toMatch(/^Value of Property or Tag cannot be null. Error in Property\/Tag [a-z]$/)
  expect(explanation).toMatchObject({
    rule: 'WIRE-TWIN-39',
    received: expect.stringContaining(path) as unknown,
  })
  expect(hub.twins.get(d).version).toBe(2)
})

describe('metadata', () => {
  test('WIRE-TWIN-33: desired nodes have version and time, reported nodes only the time', () => {
    hub.twins.patch(d, { desired: { a: { b: 1 }, c: 2 } }, '*')
    const [first] = [now()]
    clock.advance(1_000)
    hub.twins.patch(d, { desired: { a: { b: 5 } } }, '*')
    hub.twins.patchReported(d, { r: { s: 1 } })
    const old = { $lastUpdated: first, $lastUpdatedVersion: 2 }
    const fresh = { $lastUpdated: now(), $lastUpdatedVersion: 3 }
    const { desired, reported } = hub.twins.get(d)
    expect(desired.metadata).toEqual({ ...fresh, a: { ...fresh, b: fresh }, c: old })
    const time = { $lastUpdated: now() }
    expect(reported.metadata).toEqual({ ...time, r: { ...time, s: time } })
    hub.twins.replace(d, { desired: { c: 2 } }, '*')
    expect(Object.keys(hub.twins.get(d).desired.metadata)).toEqual([
      '$lastUpdated',
      '$lastUpdatedVersion',
      'c',
    ])
  })
})

describe('notifications', () => {
  test('WIRE-TWIN-18 WIRE-TWIN-19: the patch with its nulls; after PUT the difference, at every depth', () => {
    const link = new TestLink(hub, d).subscribe('desired')
    hub.twins.patch(d, { desired: { a: 1, b: null } }, '*')
    hub.twins.replace(d, { desired: { c: 3, n: { x: 1, y: { z: 1 } } } }, '*')
    hub.twins.replace(d, { desired: { c: 4, n: { y: 2 } } }, '*')
    hub.twins.replace(d, { desired: null }, '*')
    expect(link.desired).toEqual([
      { patch: { a: 1, b: null }, version: 2 },
      { patch: { a: null, c: 3, n: { x: 1, y: { z: 1 } } }, version: 3 },
      { patch: { c: 4, n: { x: null, y: 2 } }, version: 4 },
      { patch: { c: null, n: null }, version: 5 },
    ])
  })

  test('WIRE-TWIN-18: null for what is not there is not told, the same value is, to device and listeners', () => {
    const link = new TestLink(hub, d).subscribe('desired')
    const told: unknown[] = []
    hub.twins.onChange(({ desired }) => told.push(desired))
    const a = { x: 1 }
    const patches = [{ a }, { b: null }, { a: {} }, { a: { y: null } }, { a }, { b: null, c: 1 }, {}]
    for (const desired of patches) hub.twins.patch(d, { desired }, '*')
    const expected = [{ a }, { a }, { b: null, c: 1 }, {}]
    expect(link.desired.map(({ patch }) => patch)).toEqual(expected)
    expect(told).toEqual(expected)
    expect(hub.twins.patch(d, { desired: { b: null } }, '*').desired.version).toBe(9)
    hub.twins.patch(d, { desired: { b: null }, tags: { t: 1 } }, '*')
    expect(told).toHaveLength(5)
  })

  test('desired: null clears the section, and the notification has a null for each key', () => {
    hub.twins.patch(d, { desired: { a: 1, b: { c: 2 } } }, '*')
    const link = new TestLink(hub, d).subscribe('desired')
    expect(hub.twins.patch(d, { desired: null }, '*').desired).toMatchObject({ properties: {}, version: 3 })
    expect(link.desired).toEqual([{ patch: { a: null, b: null }, version: 3 }])
  })

  test('WIRE-TWIN-20 WIRE-TWIN-21: no notification without a subscription, for tags, or for refused writes', () => {
    const deaf = new TestLink(hub, d)
    hub.twins.patch(d, { desired: { a: 1 } }, '*')
    deaf.subscribe('desired')
    hub.twins.patch(d, { tags: { t: 1 } }, '*')
    refusalOf(() => hub.twins.patch(d, { desired: { 'a.b': 1 } }, '*'))
    expect(deaf.desired).toEqual([])
  })

  test('listeners get the patch, and the twin before and after', () => {
    const changes: TwinChange[] = []
    hub.twins.onChange((change) => changes.push(change))
    const before = hub.twins.get(d)
    const twin = hub.twins.patch(d, { desired: { a: 1, b: null } }, '*')
    hub.twins.patchReported(d, { r: 1 })
    hub.twins.replace(d, { tags: {} }, '*')
    expect(changes).toMatchObject([
      { type: 'patched', before, twin, desired: { a: 1, b: null } },
      { type: 'patched', before: twin, reported: { r: 1 } },
      { type: 'replaced', tags: {} },
    ])
    expect(changes[0]).not.toHaveProperty('tags')
  })
})

test('WIRE-TWIN-10: versions increase by one with each write', () => {
  const patch = fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom<Json>(1, 'x', null, { a: null }))
  const step = fc.oneof(
    fc.record({ desired: patch }),
    fc.record({ tags: patch }),
    fc.record({ reported: patch }),
    fc.record({ bad: fc.constant<JsonObject>({ 'a.b': 1 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const fresh = openHub().hub
      fresh.registry.create(d)
      for (const asked of steps) {
        const before = fresh.twins.get(d)
        if ('bad' in asked) refusalOf(() => fresh.twins.patchReported(d, asked.bad))
        else if ('reported' in asked) fresh.twins.patchReported(d, asked.reported)
        else fresh.twins.patch(d, asked, '*')
        const after = fresh.twins.get(d)
        const grown = [
          after.version - before.version,
          after.desired.version - before.desired.version,
          after.reported.version - before.reported.version,
        ]
        expect(grown).toEqual(
          'bad' in asked ? [0, 0, 0] : [1, 'desired' in asked ? 1 : 0, 'reported' in asked ? 1 : 0],
        )
      }
    }),
  )
})
