import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWholeFloat, jsonText, keepFloats } from './json-floats.ts'
import { readJson } from './json-text.ts'
import type { JsonObject } from './json.ts'

const roundTrip = (text: string): string => jsonText(readJson(text))
const read = (text: string): JsonObject => readJson(text) as JsonObject // the tests give objects

describe('floats with a whole value', () => {
  test.each([
    ['{"a":1.0}', '{"a":1.0}'],
    ['{"a":1}', '{"a":1}'],
    ['{"a":-0.0,"b":0.0,"c":0}', '{"a":-0.0,"b":0.0,"c":0}'],
    [
      '{"a":1e3,"b":1.5E+1,"c":1e20,"d":1E300}',
      '{"a":1000.0,"b":15.0,"c":100000000000000000000.0,"d":1e+300}',
    ],
    ['{ "a" : [ 1.00, 1, {"b": 2.0}, [3.0] ] }', '{"a":[1.0,1,{"b":2.0},[3.0]]}'],
    ['[1.0]', '[1.0]'],
    ['{"a":"1.0","1.0":1,"b":"1e3"}', '{"a":"1.0","1.0":1,"b":"1e3"}'],
    ['{"\\u0061\\"":1.0}', '{"a\\"":1.0}'],
    ['{"2":2.0,"1":1}', '{"1":1,"2":2.0}'],
    ['{"a":1.0,"a":1}', '{"a":1}'],
    ['{"a":{"x":1.0},"a":{"x":1,"y":2.0}}', '{"a":{"x":1,"y":2.0}}'],
    ['{"a":1.0,"a":{"x":1}}', '{"a":{"x":1}}'],
    ['{"a":[1.0],"a":{"0":1}}', '{"a":{"0":1}}'],
    ['{"__proto__":{"x":1.0}}', '{"__proto__":{"x":1.0}}'],
    ['{"a":1.5,"b":1e-7,"c":0.1234567890123456789}', '{"a":1.5,"b":1e-7,"c":0.12345678901234568}'],
    ['{"a":{},"b":[],"c":null,"d":true,"e":1.0}', '{"a":{},"b":[],"c":null,"d":true,"e":1.0}'],
  ])('%s is written as %s', (text, written) => {
    expect(roundTrip(text)).toBe(written)
  })

  test('are plain numbers for all else', () => {
    expect(read('{"a":1.0,"b":[2.0]}')).toEqual({ a: 1, b: [2] })
    expect(JSON.stringify(read('{"a":1.0}'))).toBe('{"a":1}')
  })

  test('are known by their container', () => {
    const value = read('{"a":1.0,"b":1}')
    expect([isWholeFloat(value, 'a'), isWholeFloat(value, 'b'), isWholeFloat(value, 'c')]).toEqual([
      true,
      false,
      false,
    ])
  })

  test('go over into an object that is made of others; a later source stands over an earlier one', () => {
    const [one, two] = [read('{"a":1.0,"b":1.0,"c":1.0}'), read('{"b":2,"c":2.0}')]
    expect(jsonText(keepFloats({ ...one, ...two }, one, undefined, two))).toBe('{"a":1.0,"b":2,"c":2.0}')
  })

  test('of which nothing is left when the member is another value by now', () => {
    const value = read('{"a":1.0}')
    expect(jsonText(keepFloats({ a: 'x' }, value))).toBe('{"a":"x"}')
  })
})

test('jsonText writes what JSON.stringify writes', () => {
  roundTrip('[1.0]')
  const odd = { a: undefined, at: new Date(0), f: () => 1, list: [undefined, NaN], big: read('{"x":1.0}') }
  expect(jsonText(odd)).toBe(JSON.stringify(odd).replace('{"x":1}', '{"x":1.0}'))
  expect(jsonText(undefined)).toBeUndefined()
})

test('any JSON comes out as JSON.parse reads it, and is stable', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const written = roundTrip(text)
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(JSON.parse(text))))
      expect(roundTrip(written)).toBe(written)
    }),
  )
})
