import { expect, test } from 'vitest'
import { partitionOf } from './partition-key.ts'

const COUNTS = [1, 2, 4, 8, 16, 32]

/** Computed with an independent implementation of the C SDK's test helper (`iothub_test/src/iothubtest.c`). */
test.each([
  ['a', [0, 0, 1, 2, 4, 9]],
  ['ab', [0, 0, 0, 0, 1, 2]],
  ['device-1', [0, 1, 3, 6, 12, 24]],
  ['thermostat', [0, 1, 2, 4, 8, 17]],
  ['abcdefghijkl', [0, 1, 2, 5, 11, 22]],
  ['abcdefghijklm', [0, 0, 0, 0, 0, 1]],
  ['Leaf1', [0, 1, 3, 7, 14, 29]],
])('%s is in the partition that the C SDK reads (WIRE-AMQP-10)', (key, partitions) => {
  expect(COUNTS.map((count) => partitionOf(key, count))).toEqual(partitions)
})

test('a key is hashed in upper case', () => {
  expect(partitionOf('LEAF1', 32)).toBe(partitionOf('leaf1', 32))
})

test('each number of partitions is used to its last one, and no further', () => {
  const keys = Array.from({ length: 5_000 }, (_, number) => `device-${String(number)}`)
  for (const count of [1, 3, 5, 31, 32]) {
    const used = new Set(keys.map((key) => partitionOf(key, count)))
    expect([...used].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, at) => at))
  }
})
