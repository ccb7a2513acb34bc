import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import type { DataDirectory } from './data-directory.ts'
import { deleteState } from './delete-state.ts'
import { Journal } from './journal.ts'
import { readableGroups, readJournal, segmentsIn } from './journal-reader.ts'
import { groupRecord } from './group-record.ts'
import { foldersSetAside, setAsideAfter } from './set-aside.ts'
import { files, useDataDirectories } from './testing/data-directories.ts'
import { patchFiles } from './testing/patched-files.ts'
import { checkData } from './tools/check.ts'
import { exportData } from './tools/transfer.ts'

const { said, say, storeAt, copyOf, killed } = useDataDirectories()

/** Groups 1 to 9 in three segments, none of which the database has. */
async function threeSegments(name: string): Promise<DataDirectory> {
  const directory = await killed(name, 0, { durability: 'process' })
  const journal = new Journal(directory.journal, false)
  for (let number = 1; number <= 9; number++) {
    const value = Buffer.from(`value ${String(number)}`)
    journal.append(number, groupRecord({ number, now: number }, [{ name: `twin/n${String(number)}`, value }]))
    if (number % 3 === 0) journal.rotate()
  }
  await journal.close()
  return directory
}

/** Changes a byte in the group with this value. */
function flip(directory: DataDirectory, number: number): void {
  for (const { path } of segmentsIn(directory.journal)) {
    const bytes = readFileSync(path)
    const place = bytes.indexOf(`value ${String(number)}`)
    if (place < 0) continue
    bytes[place] = (bytes[place] ?? 0) ^ 1
    writeFileSync(path, bytes)
  }
}

async function start(directory: DataDirectory): Promise<number> {
  const store = storeAt(directory, { durability: 'process' })
  const { number } = await store.open(() => undefined)
  await store.close()
  return number
}

const numbersIn = (folder: string): readonly number[] =>
  [...readableGroups(folder)].map(({ number }) => number)

test.each([
  [1, [2, 3, 4, 5, 6, 7, 8, 9]],
  [5, [4, 6, 7, 8, 9]],
  [9, [7, 8]],
])(
  'with durability process, a bit flipped in group %i: what lies behind it is set aside, not deleted',
  async (number, kept) => {
    const directory = await threeSegments('d')
    // What the process was told of is newer than what can be read.
    writeFileSync(directory.note, readFileSync((await killed('noted', 9, { durability: 'process' })).note))
    flip(directory, number)
    expect(await start(directory)).toBe(number - 1)
    const [folder = ''] = foldersSetAside(directory)
    expect(folder).toBe(join(directory.setAside, `group-${String(number)}`))
    expect(numbersIn(folder)).toEqual(kept)
    expect(said.join('\n')).toContain(`the rest of the journal is set aside in ${folder}`)
    said.length = 0
    // Nothing is left of it for the next start.
    expect(await start(directory)).toBe(number - 1)
    expect(said.join('\n')).not.toContain('cannot be read')
    await checkData(directory, say)
    expect(said.join('\n')).toContain(`${folder} has what an earlier start could not use`)
    await deleteState(directory)
    expect(foldersSetAside(directory)).toEqual([])
  },
)

test('what cannot be read is set aside again and again, and nothing is overwritten', async () => {
  const directory = await threeSegments('d')
  const before = copyOf(directory, 'before')
  flip(directory, 5)
  await start(directory)
  for (const { path } of segmentsIn(before.journal))
    copyFileSync(path, join(directory.journal, basename(path)))
  // The database has groups 1 to 4 by now.
  flip(directory, 5)
  await start(directory)
  expect(foldersSetAside(directory).map((folder) => basename(folder))).toEqual(['group-5', 'group-5-2'])
  for (const folder of foldersSetAside(directory)) expect(numbersIn(folder)).toEqual([4, 6, 7, 8, 9])
})

test.each([1, 2, 3, 4, 5, 6])(
  'a crash at change %i of a file leaves every group in one place or the other',
  async (change) => {
    const directory = await threeSegments('d')
    flip(directory, 2)
    const stop = readJournal(directory.journal, 0, () => undefined)
    if (stop === undefined) throw new Error('no break')
    let left = change
    patchFiles((system) => {
      const orCrash =
        <A extends unknown[], R>(act: (...given: A) => R) =>
        (...given: A): R => {
          if (--left === 0) throw new Error('crash')
          return act(...given)
        }
      return {
        copyFileSync: orCrash(system.copyFileSync),
        renameSync: orCrash(system.renameSync),
        ftruncateSync: orCrash(system.ftruncateSync),
      }
    })
    try {
      setAsideAfter(directory, stop)
    } catch (error) {
      expect(String(error)).toContain('crash')
    }
    left = Infinity
    expect(await start(directory)).toBe(1)
    const all = new Set(foldersSetAside(directory).flatMap((folder) => numbersIn(folder)))
    expect([...all].sort()).toEqual([1, 3, 4, 5, 6, 7, 8, 9])
  },
)

test('looking changes nothing in the journal', async () => {
  const directory = await threeSegments('d')
  flip(directory, 5)
  writeFileSync(directory.note, readFileSync((await killed('noted', 9, { durability: 'process' })).note))
  const journal = (): readonly string[] =>
    files({ path: directory.journal }).map((file) => `${file} ${readFileSync(file).toString('hex')}`)
  const before = journal()
  expect(await checkData(directory, say)).toMatchObject({ group: 4 })
  expect(said.join('\n')).toMatch(/group 5 cannot be read .* it goes on after group 4$/m)
  await exportData(directory, () => Promise.resolve(), say)
  expect(journal()).toEqual(before)
  expect(existsSync(directory.setAside)).toBe(false)
})

test('files behind an end that was never acknowledged are set aside as well', async () => {
  const directory = await threeSegments('d')
  const [first, second, third] = segmentsIn(directory.journal)
  if (first === undefined || second === undefined || third === undefined) throw new Error('three segments')
  writeFileSync(second.path, readFileSync(second.path).subarray(0, 20))
  writeFileSync(third.path, 'noise')
  rmSync(directory.note)
  expect(await start(directory)).toBe(3)
  const [folder = ''] = foldersSetAside(directory)
  expect(readFileSync(join(folder, basename(third.path)), 'utf8')).toBe('noise')
  expect(await start(directory)).toBe(3)
})
