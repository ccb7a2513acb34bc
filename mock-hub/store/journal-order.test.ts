import { beforeEach, expect, test } from 'vitest'
import { afterTurn } from '../base/clock.ts'
import { groupRecord } from './group-record.ts'
import { Journal } from './journal.ts'
import { groupOf, useDataDirectories } from './testing/data-directories.ts'
import { patchFiles } from './testing/patched-files.ts'

type Done = (error: Error | null) => void

/** Writes to the disk that are under way, in the order in which they began; undefined: they end by themselves. */
const disk = { underWay: undefined as Done[] | undefined }

beforeEach(() => {
  disk.underWay = undefined
  patchFiles((system) => ({
    fdatasync: ((file: number, done: Done) => {
      if (disk.underWay === undefined) system.fdatasync(file, done)
      else disk.underWay.push(done)
    }) as typeof system.fdatasync,
  }))
})

const { at, storeAt } = useDataDirectories()

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>(afterTurn)
}

/** A journal whose writes to the disk end when the test says so. @returns appends a group and waits for it. */
function journalOf(): {
  readonly journal: Journal
  readonly write: (number: number) => void
  readonly told: string[]
} {
  const journal = new Journal(at('d').journal, true)
  disk.underWay = []
  const told: string[] = []
  const write = (number: number): void => {
    journal.append(number, groupRecord({ number, now: 0 }, []))
    journal.sync().then(
      () => told.push(`group ${String(number)}`),
      () => told.push(`group ${String(number)} failed`),
    )
  }
  return { journal, write, told }
}

/** Ends the write to the disk that began as the n-th of those under way. */
async function end(place: number, error: Error | null = null): Promise<void> {
  const [done] = disk.underWay?.splice(place, 1) ?? []
  done?.(error)
  await turns()
}

test('of two writes under way the later may end first: it is told after the earlier', async () => {
  const { write, told } = journalOf()
  write(1)
  write(2)
  await turns()
  expect(disk.underWay).toHaveLength(2)
  await end(1)
  expect(told).toEqual([])
  await end(0)
  expect(told).toEqual(['group 1', 'group 2'])
})

test('who comes when two are under way waits for a write of its own, also when the later ends first', async () => {
  const { write, told } = journalOf()
  for (const number of [1, 2, 3, 4]) write(number)
  await end(1)
  expect(told).toEqual([])
  await end(0)
  // One write for both that have gathered.
  expect([told, disk.underWay?.length]).toEqual([['group 1', 'group 2'], 1])
  await end(0)
  expect(told).toEqual(['group 1', 'group 2', 'group 3', 'group 4'])
})

test('what is in the next segment is told after what is in the last', async () => {
  const { journal, write, told } = journalOf()
  write(1)
  journal.rotate()
  write(2)
  // The first: of the group; the second: of the segment that has ended; the third: of the next one.
  expect(disk.underWay).toHaveLength(3)
  await end(2)
  await end(1)
  expect(told).toEqual([])
  await end(0)
  expect(told).toEqual(['group 1', 'group 2'])
})

test('the failure of a write is that of all behind it, in the same segment and the next', async () => {
  const { journal, write, told } = journalOf()
  write(1)
  write(2)
  journal.rotate()
  write(3)
  await end(1)
  await end(1)
  await end(1)
  expect(told).toEqual([])
  await end(0, new Error('EIO'))
  expect(told).toEqual(['group 1 failed', 'group 2 failed', 'group 3 failed'])
})

test('a group is told as stored when those before it are on the disk, and none after a failure', async () => {
  const directory = at('d')
  const store = storeAt(directory, { durability: 'disk' })
  await store.open(() => undefined)
  disk.underWay = []
  const told: string[] = []
  for (const number of [1, 2])
    store.commit(groupOf(number))?.then(
      () => told.push(String(number)),
      (error: unknown) => told.push(`${String(number)} ${String(error).slice(0, 24)}`),
    )
  await end(1)
  expect(told).toEqual([])
  await end(0, new Error('EIO'))
  expect(told).toEqual(['1 StoreError: StoreFailed:', '2 StoreError: StoreFailed:'])
  disk.underWay = undefined
  await store.close()
})
