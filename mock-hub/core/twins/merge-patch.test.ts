import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { mergeAnnotated, mergePatch, type Annotated } from './merge-patch.ts'

/** RFC 7396, section 2, word for word: changes its target in place. */
function rfc7396(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target)
  const result: Record<string, unknown> = isObject ? (target as Record<string, unknown>) : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else {
      const merged = rfc7396(Object.hasOwn(result, name) ? result[name] : undefined, value)
      Object.defineProperty(result, name, {
        value: merged,
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
  }
  return result
}

const { json, object } = fc.letrec<{ json: Json; object: JsonObject }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string({ maxLength: 3 }),
    fc.array(tie('json'), { maxLength: 3 }),
    tie('object'),
  ),
  // Few keys, so that patches touch existing ones; `__proto__` is special for objects.
  object: fc
    .array(fc.tuple(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), tie('json')), {
      maxLength: 4,
    })
    .map((entries): JsonObject => Object.fromEntries(entries)),
}))
const withoutNulls = (value: Json): boolean =>
  value === null
    ? false
    : Array.isArray(value) || typeof value !== 'object'
      ? true
      : Object.values(value).every(withoutNulls)

describe('mergePatch', () => {
  test.each<[JsonObject | Json[] | string, Json, Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('WIRE-TWIN-22: RFC 7396, appendix A: %j with %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })

  test('WIRE-TWIN-22 WIRE-TWIN-23: as RFC 7396 says, for all values', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        expect(mergePatch(target, patch)).toEqual(rfc7396(structuredClone(target), patch))
      }),
    )
  })

  test('changes nothing in place, and is idempotent', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const [before, asked] = [JSON.stringify(target), JSON.stringify(patch)]
        const once = mergePatch(target, patch)
        expect([JSON.stringify(target), JSON.stringify(patch)]).toEqual([before, asked])
        expect(mergePatch(once, patch)).toEqual(once)
      }),
    )
  })

  test('a patch merged into nothing leaves no null', () => {
    fc.assert(fc.property(object, (patch) => withoutNulls(mergePatch({}, patch))))
  })
})

const NOTHING: Annotated = { properties: {}, metadata: {} }
const paths = (value: Json | undefined, path = ''): string[] =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? [path]
    : [path, ...Object.entries(value).flatMap(([key, child]) => paths(child, `${path}/${key}`))]
/** Where metadata is, without the stamps themselves. */
const stamped = (value: Json | undefined, path = ''): string[] =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? []
    : [
        path,
        ...Object.entries(value).flatMap(([key, child]) =>
          key.startsWith('$') ? [] : stamped(child, `${path}/${key}`),
        ),
      ]

describe('mergeAnnotated', () => {
  test('WIRE-TWIN-33: values as mergePatch gives them, and metadata for each node', () => {
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 4 }), (patches) => {
        let annotated = NOTHING
        let plain: Json = {}
        for (const [index, patch] of patches.entries()) {
          annotated = mergeAnnotated(annotated, patch, { $lastUpdated: `t${String(index)}` })
          plain = mergePatch(plain, patch)
        }
        expect(annotated.properties).toEqual(plain)
        expect(stamped(annotated.metadata).sort()).toEqual(paths(annotated.properties).sort())
      }),
    )
  })

  test('WIRE-TWIN-33: nodes that a patch touches get its time, others keep theirs', () => {
    const before = mergeAnnotated(NOTHING, { a: { b: 1, c: 2 }, d: 3 }, { $lastUpdated: 'old' })
    const { metadata } = mergeAnnotated(before, { a: { b: 5 } }, { $lastUpdated: 'new' })
    expect(metadata).toEqual({
      $lastUpdated: 'new',
      a: { $lastUpdated: 'new', b: { $lastUpdated: 'new' }, c: { $lastUpdated: 'old' } },
      d: { $lastUpdated: 'old' },
    })
  })

  test('WIRE-TWIN-33: an object that replaces a value does not inherit its metadata', () => {
    const before = mergeAnnotated(NOTHING, { a: { b: 1 } }, { $lastUpdated: 'old' })
    const scalar = mergeAnnotated(before, { a: 7 }, { $lastUpdated: 'mid' })
    expect(scalar.metadata['a']).toEqual({ $lastUpdated: 'mid' })
    expect(mergeAnnotated(scalar, { a: { c: 1 } }, { $lastUpdated: 'new' }).metadata['a']).toEqual({
      $lastUpdated: 'new',
      c: { $lastUpdated: 'new' },
    })
  })
})
