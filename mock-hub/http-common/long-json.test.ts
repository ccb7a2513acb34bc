import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LongJson, LongJsonError } from './long-json.ts'

/** Reads a text that arrives in parts of these sizes. */
function read(text: string, sizes: readonly number[] = [text.length]): unknown {
  const reader = new LongJson((piece) => JSON.parse(piece) as unknown)
  for (let at = 0, part = 0; at < text.length; part++) {
    const size = Math.max(1, sizes[part % sizes.length] ?? 1)
    reader.add(text.slice(at, at + size))
    at += size
  }
  return reader.end()
}

const sizes = fc.array(fc.nat(40), { minLength: 1 })

test('an object is read as JSON.parse reads it, wherever it is cut', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), sizes, fc.nat(2), (value, parts, indent) => {
      const text = JSON.stringify(value, undefined, indent)
      expect(read(text, parts)).toEqual(JSON.parse(text))
    }),
  )
})

test('of a member that is there twice the last counts', () => {
  expect(read('{"a":[1],"b":2,"a":3}')).toEqual({ a: 3, b: 2 })
})

test('what is not a JSON object is refused as JSON.parse refuses it', () => {
  const good = '{"a": [1, {"b": [2]}], "c": "]}", "d": []}'
  fc.assert(
    fc.property(
      fc.nat(good.length),
      fc.constantFrom(',', ':', '[', ']', '{', '}', '"', ' ', '1', '\\'),
      fc.nat(1),
      sizes,
      (at, put, cut, parts) => {
        const text = good.slice(0, at) + put + good.slice(at + cut)
        let expected: unknown
        try {
          expected = JSON.parse(text)
        } catch {
          expect(() => read(text, parts)).toThrow()
          return
        }
        expect(read(text, parts)).toEqual(expected)
      },
    ),
    { numRuns: 2_000 },
  )
})

test.each([
  ['', 'malformed'],
  ['null', 'malformed'],
  ['[{}]', 'malformed'],
  ['{"a":[1],}', 'malformed'],
  ['{"a":[,1]}', 'malformed'],
  ['{"a":[1] "b":2}', 'malformed'],
  ['{} {}', 'malformed'],
  [`{"a":${'['.repeat(300)}`, 'too deep'],
])('%s is refused', (text, problem) => {
  expect(() => read(text)).toThrow(new LongJsonError(problem as LongJsonError['problem']))
})

test('an element that does not end is refused', () => {
  const reader = new LongJson((piece) => JSON.parse(piece) as unknown)
  reader.add('{"a":["')
  const part = 'x'.repeat(2 ** 20)
  expect(() => {
    for (let times = 0; times < 100; times++) reader.add(part)
  }).toThrow(new LongJsonError('too long'))
})
