import fc from 'fast-check'
import { expect, test } from 'vitest'
import { haveJitter, pauseClass } from './backoff.ts'

test.each([
  ['constant', [10, 10, 10.5, 10, 10]],
  ['constant', [0, 1, 1, 1.1, 1]],
  ['linear', [2, 4, 6, 8, 10]],
  ['exponential', [1, 2, 4, 8, 16]],
  ['exponential', [1, 2, 4, 8, 8, 8, 8]],
  ['exponential', [0, 1.1, 2.3, 4.1, 9, 17]],
  ['random', [2, 2.5, 3.1, 2.4, 3.9, 4.2]],
  ['unclear', [9, 1, 8, 1, 9, 1]],
  ['unclear', [1, 2]],
] as const)('%s: %j', (kind, pauses) => {
  expect(pauseClass(pauses)).toBe(kind)
})

test('a constant series stays constant whatever the network adds', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 600, noNaN: true }),
      fc.array(fc.double({ min: 0, max: 0.08, noNaN: true }), { minLength: 5, maxLength: 9 }),
      (pause, noise) => {
        expect(pauseClass(noise.map((share) => pause * (1 + share)))).toBe('constant')
      },
    ),
  )
})

test('jitter is a difference in two places, beyond chance', () => {
  expect(haveJitter([1, 2, 4, 8], [1.1, 2.1, 4.1, 8.1])).toBe(false)
  expect(haveJitter([1, 2, 4, 8], [1, 2.6, 4, 8])).toBe(false)
  expect(haveJitter([1, 2, 4, 8], [1, 2.6, 5.1, 8])).toBe(true)
})
