import { expect, test } from 'vitest'
import { parseKnownFailures } from './known-failing.ts'

const parse = (text: string): readonly unknown[] => parseKnownFailures(text, 'known.txt')

test('a line has requirement, class, issue and last day', () => {
  expect(parse('# ours\n\nA-01 device https://example.org/7 until=2027-02-28 # soon\n')).toEqual([
    { id: 'A-01', subject: 'device', issue: 'https://example.org/7', until: '2027-02-28', line: 3 },
  ])
})

test.each([
  ['A-01 device https://example.org/7', 'must be REQUIREMENT device|module|hub ISSUE until=YYYY-MM-DD'],
  ['A-01 gateway https://example.org/7 until=2027-02-28', 'must be REQUIREMENT device|module|hub'],
  ['A-01 device soon until=2027-02-28', 'the issue must be a link'],
  ['A-01 device https:// until=2027-02-28', 'the issue must be a link'],
  ['A-01 device https://example.org/7 until=2026-13-45', 'until must be a day'],
  ['A-01 device https://example.org/7 until=2027-02-29', 'until must be a day'],
])('%s: rejected with line, rule and given text', (line, rule) => {
  expect(() => parse(`\n${line}`)).toThrow(RangeError)
  expect(() => parse(`\n${line}`)).toThrow(`known.txt:2: ${rule.slice(0, 4)}`)
  expect(() => parse(`\n${line}`)).toThrow(rule)
  expect(() => parse(`\n${line}`)).toThrow(`got ${line}`)
})
