import { beforeEach, expect, test } from 'vitest'
import { useDataDirectories } from './testing/data-directories.ts'
import { patchFiles } from './testing/patched-files.ts'

let partial = 0

/** As the system may do it: a few bytes at a time, without an error. */
beforeEach(() => {
  partial = 0
  patchFiles((system) => ({
    writeSync: ((file: number, bytes: Buffer, from: number, length: number, at: number) => {
      if (length > 100) partial++
      return system.writeSync(file, bytes, from, Math.min(length, 100), at)
    }) as typeof system.writeSync,
  }))
})

const { killed, outcomeOf } = useDataDirectories()

test.each(['disk', 'process'] as const)(
  'with durability %s a group is written as a whole, however little a write takes',
  async (durability) => {
    expect(await outcomeOf(await killed('d', 6, { durability }))).toBe(6)
    expect(partial).toBeGreaterThan(0)
  },
)
