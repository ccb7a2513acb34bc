import { expect, test } from 'vitest'
import { quietFor } from './clock.ts'

test('a client that comes to rest is waited for', async () => {
  let count = 0
  await quietFor(4, () => (count < 3 ? ++count : count))
  expect(count).toBe(3)
})

test('a client that never comes to rest fails the step and is no time-out', async () => {
  let count = 0
  await expect(quietFor(4, () => (count += 600))).rejects.toThrow(
    'The client does not come to rest: 1200 actions while no time passed',
  )
})
