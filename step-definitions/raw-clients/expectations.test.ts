import { expect, test } from 'vitest'
import { mismatch } from './expectations.ts'

test('a pattern does not match what is not there', () => {
  expect(mismatch(undefined, '/^.+$/')).toContain('is absent')
  expect(mismatch('text', '/^.+$/')).toBeUndefined()
  expect(mismatch({ a: 1 }, String.raw`/^\{.*\}$/`)).toBeUndefined()
  expect(mismatch(undefined, 'absent')).toBeUndefined()
  expect(mismatch('absent', 'absent')).toContain('is present')
})

test('plain text does not match what is not there either', () => {
  expect(mismatch(undefined, 'undefined')).toBeDefined()
  expect(mismatch(null, 'empty')).toBeUndefined()
})
