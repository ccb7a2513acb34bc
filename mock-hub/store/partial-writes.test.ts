import type * as FileSystem from 'node:fs'
import { expect, test, vi } from 'vitest'
import { useDataDirectories } from './testing/data-directories.ts'

/** As the system may do it: a few bytes at a time, without an error. */
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof FileSystem>()
  const writeSync = (file: number, bytes: Buffer, from: number, length: number, at: number): number =>
    fs.writeSync(file, bytes, from, Math.min(length, 100), at)
  return { ...fs, writeSync: vi.fn((...given: Parameters<typeof writeSync>) => writeSync(...given)) }
})

const { killed, outcomeOf } = useDataDirectories()

test.each(['disk', 'process'] as const)(
  'with durability %s a group is written as a whole, however little a write takes',
  async (durability) => {
    expect(await outcomeOf(await killed('d', 6, { durability }))).toBe(6)
  },
)
