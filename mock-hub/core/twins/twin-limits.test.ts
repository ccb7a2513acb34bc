import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { readJson } from '../../base/json-text.ts'
import { refusalOf } from '../testing/test-hub.ts'
import {
  checkPatch,
  checkReplacement,
  checkSize,
  sizeOf,
  TWIN_LIMITS,
  type TwinSectionName,
} from './twin-limits.ts'

const SECTIONS: readonly TwinSectionName[] = ['tags', 'desired', 'reported']
const ruleOf = (patch: JsonObject): string => {
  const error = refusalOf(() => checkPatch('reported', patch))
  expect(error.kind).toBe('ArgumentInvalid')
  return error.explanation.rule
}
const passes = (patch: JsonObject): void => {
  checkPatch('reported', patch)
}

describe('size', () => {
  test.each<[Json, number]>([
    [{}, 0],
    [{ a: 1 }, 9],
    [{ ab: true }, 6],
    [{ a: false }, 5],
    [{ a: 'bcd' }, 4],
    [{ a: 'ä€' }, 6],
    [{ a: 'b\u0001\u0085c' }, 3],
    [{ a: null }, 1],
    [{ a: { b: { c: 'd' } } }, 4],
    [{ a: [1, true, 'x', ['yz']] }, 16],
  ])('WIRE-TWIN-30: of %j is %i', (value, size) => {
    expect(sizeOf(value)).toBe(size)
  })

  test('WIRE-TWIN-30: the sum of keys and values', () => {
    const entries = fc.array(fc.tuple(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())))
    fc.assert(
      fc.property(entries, (all) => {
        const object = Object.fromEntries(all)
        const parts = Object.entries(object).map(([key, value]) => sizeOf({ [key]: value }))
        expect(sizeOf(object)).toBe(parts.reduce((sum, size) => sum + size, 0))
        expect(sizeOf({ nested: object })).toBe(sizeOf(object) + 6)
      }),
    )
  })

  test.each(SECTIONS)('WIRE-TWIN-25 WIRE-TWIN-30: %s of exactly its limit, and one byte more', (section) => {
    const limit = TWIN_LIMITS[section]
    const full: Record<string, Json> = {}
    for (let left = limit, n = 0; left > 0; n++) {
      const key = String(n).padStart(4, '0')
      const length = Math.min(4_096, left - key.length)
      full[key] = 'x'.repeat(length)
      left -= key.length + length
    }
    expect(sizeOf(full)).toBe(limit)
    checkSize(section, full)
    const [first = ''] = Object.keys(full)
    const error = refusalOf(() =>
      checkSize(section, { ...full, [`${first}x`]: full[first] ?? '', [first]: '' }),
    )
    expect(error).toMatchObject({
      kind: 'DeviceModelMaxPropertiesExceeded',
      code: 403100,
      explanation: { rule: 'WIRE-TWIN-25' },
    })
  })
})

describe('keys', () => {
  test('WIRE-TWIN-26: of at most 1024 bytes of UTF-8', () => {
    passes({ ['x'.repeat(1_024)]: 1, ['ä'.repeat(512)]: 1 })
    expect(ruleOf({ ['x'.repeat(1_025)]: 1 })).toBe('WIRE-TWIN-26')
    expect(ruleOf({ [`${'ä'.repeat(512)}x`]: 1 })).toBe('WIRE-TWIN-26')
  })

  test('WIRE-TWIN-26: without control characters, full stop, dollar, number sign and space, at any depth, deleted or not', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
        fc.constantFrom<Json>(1, null, {}),
        (key, value) => {
          const forbidden = /[\u0000-\u001f\u0080-\u009f.$# ]/.test(key)
          for (const patch of [{ [key]: value }, { a: { [key]: value } }, { a: [{ [key]: 1 }] }])
            if (forbidden) expect(ruleOf(patch)).toBe('WIRE-TWIN-26')
            else passes(patch)
        },
      ),
      { numRuns: 500 },
    )
    passes({ '': 1 })
  })

  test('WIRE-TWIN-26: the text names the key, as the service does', () => {
    expect(() => {
      checkPatch('reported', { 'm2(<#a': 1 })
    }).toThrow(
      "Property or Tag name has invalid characters. Error in Property/Tag m2(<#a. Must not contain Control Characters, '.', '$', '#', or ' '.",
    )
  })

  test.each(['$version', '$metadata'])('WIRE-TWIN-13: %s is reserved for the hub', (key) => {
    expect(ruleOf({ [key]: 1 })).toBe('WIRE-TWIN-13')
    expect(ruleOf({ a: { [key]: {} } })).toBe('WIRE-TWIN-13')
  })
})

describe('values', () => {
  test('WIRE-TWIN-27: strings of at most 4096 bytes of UTF-8, in arrays too', () => {
    passes({ a: 'x'.repeat(4_096), b: ['€'.repeat(1_365)] })
    expect(ruleOf({ a: 'x'.repeat(4_097) })).toBe('WIRE-TWIN-27')
    expect(ruleOf({ a: [{ b: '€'.repeat(1_366) }] })).toBe('WIRE-TWIN-27')
  })

  test('WIRE-TWIN-28: integers of 53 bits less one; fractions are not limited', () => {
    const { smallestInteger, largestInteger } = TWIN_LIMITS
    passes({ a: smallestInteger, b: largestInteger, c: [largestInteger], d: 1.5e-300, e: -0 })
    for (const value of [smallestInteger - 1, largestInteger + 1, 1e300, -1e300])
      for (const patch of [{ a: value }, { a: { b: [value] } }]) expect(ruleOf(patch)).toBe('WIRE-TWIN-28')
  })

  test('WIRE-TWIN-28: a number that was written as a float has the bounds of a double alone', () => {
    const read = (text: string): JsonObject => readJson(text) as JsonObject // objects
    for (const text of ['1e20', '-4503599627370497.0', '4503599627370496.00', '1E300'])
      passes(read(`{"a":${text},"b":[{"c":[${text}]}]}`))
    for (const text of ['4503599627370496', '100000000000000000000', '1e400', '-1e400'])
      for (const patch of [`{"a":${text},"b":1.0}`, `{"a":{"b":[1.0,${text}]}}`])
        expect(ruleOf(read(patch))).toBe('WIRE-TWIN-28')
  })

  test('WIRE-TWIN-24: no null in an array', () => {
    passes({ a: [], b: [1, 'x', [true]], c: null })
    for (const value of [[null], [1, null], [[null]], [{ a: [null] }]])
      expect(ruleOf({ a: value })).toBe('WIRE-TWIN-24')
  })

  test('WIRE-TWIN-29: ten nested objects with a property in the tenth, and no more', () => {
    const nested = (levels: number, inner: Json): JsonObject => {
      let value: Json = inner
      for (let level = levels; level > 0; level--) value = { [`l${String(level)}`]: value }
      return value as JsonObject // at least one level
    }
    passes(nested(10, { property: 'value' }))
    passes(nested(10, {}))
    expect(ruleOf(nested(11, { property: 'value' }))).toBe('WIRE-TWIN-29')
    passes(nested(10, []))
    expect(ruleOf(nested(11, []))).toBe('WIRE-TWIN-29')
  })

  test('WIRE-TWIN-29: a value without an end is too deep', () => {
    const list: Json[] = []
    list.push(list)
    const object: Record<string, Json> = {}
    object['self'] = [object]
    let deep: Json = 1
    for (let level = 0; level < 50_000; level++) deep = [deep]
    for (const value of [list, object, deep]) {
      expect(ruleOf({ a: value })).toBe('WIRE-TWIN-29')
      expect(() => {
        checkReplacement('tags', { a: value })
      }).not.toThrow()
    }
  })

  test('any JSON passes or is refused with ArgumentInvalid', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 14 }), (value) => {
        try {
          checkPatch('tags', { a: value as Json })
        } catch (error) {
          expect(error).toMatchObject({ kind: 'ArgumentInvalid' })
        }
      }),
    )
  })
})
