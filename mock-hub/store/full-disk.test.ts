import { beforeEach, expect, test } from 'vitest'
import { afterTurn } from '../base/clock.ts'
import { StoreError } from '../core/contract/store/state-store.ts'
import { groupOf, useDataDirectories } from './testing/data-directories.ts'
import { patchFiles } from './testing/patched-files.ts'

/** Bytes that the journal may still take. */
const room = { bytes: Infinity }

/** As the system does it: a write takes what there is room for, the next one nothing. */
beforeEach(() => {
  room.bytes = Infinity
  patchFiles(({ writeSync }) => {
    const limited = (file: number, bytes: Buffer, from: number, length: number, at: number): number => {
      if (length <= 64) return writeSync(file, bytes, from, length, at)
      const taken = Math.min(length, room.bytes)
      if (taken === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      room.bytes -= taken
      return writeSync(file, bytes, from, taken, at)
    }
    return {
      writeSync: ((file: number, bytes: Buffer | string, ...rest: number[]) =>
        typeof bytes === 'string'
          ? writeSync(file, bytes, ...(rest as [number]))
          : limited(file, bytes, ...(rest as [number, number, number]))) as typeof writeSync,
    }
  })
})

const { at, storeAt, copyOf, outcomeOf } = useDataDirectories()

test.each(['disk', 'process'] as const)(
  'when the journal finds no room, the database takes it over, and nothing is lost, with durability %s',
  async (durability) => {
    const directory = at('d')
    const store = storeAt(directory, { durability })
    await store.open(() => undefined)
    for (let number = 1; number <= 3; number++) await store.commit(groupOf(number))
    for (const left of [0, 1, 40, 150]) {
      const number = left === 0 ? 4 : left === 1 ? 5 : left === 40 ? 6 : 7
      room.bytes = left
      expect(() => store.commit(groupOf(number))).toThrow(StoreError)
      // Whatever the database is doing, all that was acknowledged is there.
      expect(await outcomeOf(copyOf(directory, `killed ${String(left)}`))).toBe(number - 1)
      room.bytes = Infinity
      for (let turn = 0; turn < 20; turn++) await new Promise<void>(afterTurn)
      await store.commit(groupOf(number))
      expect(await outcomeOf(copyOf(directory, `again ${String(left)}`))).toBe(number)
    }
    await store.close()
    expect(await outcomeOf(directory)).toBe(7)
  },
)

test.each(['disk', 'process'] as const)(
  'what a group without room left behind is no damage, with durability %s',
  async (durability) => {
    const directory = at('d')
    const store = storeAt(directory, { durability })
    await store.open(() => undefined)
    await store.commit(groupOf(1))
    room.bytes = 150
    expect(() => store.commit(groupOf(2))).toThrow(StoreError)
    room.bytes = Infinity
    // The database has not taken over yet: the group is in the next segment.
    const stored = store.commit(groupOf(2))
    const left = copyOf(directory, 'killed')
    expect([1, 2]).toContain(await outcomeOf(left))
    await stored
    expect(await outcomeOf(copyOf(directory, 'stored'))).toBe(2)
    await store.close()
  },
)
