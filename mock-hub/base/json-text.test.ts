import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkNesting, compactJson, DEEPEST_JSON, memberText, readJson } from './json-text.ts'

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

test('the text of a member is what JSON.parse reads, without blanks between tokens', () => {
  const members = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))
  fc.assert(
    fc.property(members, fc.string(), fc.constantFrom('', '  '), (object, other, blanks) => {
      const text = JSON.stringify(object, null, blanks)
      expect(compactJson(text)).toBe(JSON.stringify(object))
      for (const name of [...Object.keys(object), other])
        expect(memberText(text, name)).toBe(
          Object.hasOwn(object, name) ? JSON.stringify(object[name]) : undefined,
        )
    }),
  )
})

test.each([
  [
    '{"a": 1.0, "payload" : [ 1.0 , 12345678901234567890, 1E2, "\\u00e4 \\" ]" ] }',
    '[1.0,12345678901234567890,1E2,"\\u00e4 \\" ]"]',
  ],
  ['{"payload":1,"payload":{"b":1,"2":2,"1":3}}', '{"b":1,"2":2,"1":3}'],
  ['{"p\\u0061yload": ""}', '""'],
  ['{"a":{"payload":1}}', undefined],
  ['[{"payload":1}]', undefined],
  ['"payload"', undefined],
  ['', undefined],
])('the member payload of %s', (text, expected) => {
  expect(memberText(text, 'payload')).toBe(expected)
})
