import fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64Problem } from './base64.ts'

test('whatever Node encodes is base64, and without its padding it is not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64')
      expect(base64Problem(text)).toBeUndefined()
      if (text.endsWith('=')) expect(base64Problem(text.replace(/=+$/, ''))).toContain('no padding')
    }),
  )
})

test.each([
  ['ab-_', 'the URL alphabet'],
  ['ab-_AA==', 'the URL alphabet'],
  ['YQ', 'no padding'],
  ['YQ=', 'no padding'],
  ['YQ==\n', 'white space'],
  ['Y Q=', 'white space'],
  ['YQ==x', 'text after the padding'],
  ['YQ===', 'text after the padding'],
  ['YQ==YQ==', 'text after the padding'],
  ['a!b', 'characters that are not base64'],
  ['é', 'characters that are not base64'],
])('%j has %s', (text, problem) => {
  expect(base64Problem(text)).toContain(problem)
})
