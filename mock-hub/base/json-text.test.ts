import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkNesting, DEEPEST_JSON, readJson } from './json-text.ts'

const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + close.repeat(depth)

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      expect(readJson(text)).toEqual(JSON.parse(text))
    }),
  )
  expect(() => readJson('{')).toThrow(SyntaxError)
})

test('the limit is exact; brackets in strings do not count', () => {
  expect(JSON.stringify(readJson(nested(DEEPEST_JSON)))).toBe(nested(DEEPEST_JSON))
  expect(() => readJson(nested(DEEPEST_JSON + 1))).toThrow(RangeError)
  const object = `${'{"a":'.repeat(DEEPEST_JSON)}1${'}'.repeat(DEEPEST_JSON)}`
  readJson(object)
  expect(() => readJson(`[${object}]`)).toThrow('nested more than 256 deep')
  readJson(`["\\"${'['.repeat(1_000)}\\\\", ${'[],'.repeat(1_000)} 1]`)
})

test('a text that never closes is measured, and quickly', () => {
  expect(() => checkNesting('['.repeat(1_000_000))).toThrow(RangeError)
  checkNesting(`"${'['.repeat(1_000_000)}`)
})
