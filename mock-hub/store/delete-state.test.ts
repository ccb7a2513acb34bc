import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { StoreError } from '../core/contract/store/state-store.ts'
import { deleteState } from './delete-state.ts'
import { files, groupOf, useDataDirectories } from './testing/data-directories.ts'
import { patchAsynchronousFiles } from './testing/patched-files.ts'

/** What happens before each change of a file. */
let meanwhile: ((what: string) => Promise<void>) | undefined

beforeEach(() => {
  meanwhile = undefined
  patchAsynchronousFiles((system) => ({
    rm: async (path, options) => {
      await meanwhile?.(`rm ${String(path)}`)
      await system.rm(path, options)
    },
    rename: async (from, to) => {
      await meanwhile?.(`rename ${String(from)}`)
      await system.rename(from, to)
    },
  }))
})

const { at, storeAt, killed, open, outcomeOf, copyOf } = useDataDirectories()

test('everything but the certificates is forgotten', async () => {
  const directory = await killed('d', 6)
  writeFileSync(join(directory.path, 'certificates'), 'kept')
  await deleteState(directory)
  expect(readdirSync(directory.path)).toEqual(['certificates'])
  expect(await outcomeOf(directory)).toBe(0)
})

test('a directory that another hub uses is left alone', async () => {
  const directory = await killed('d', 6)
  const store = storeAt(directory)
  await store.open(() => undefined)
  const before = files(directory).length
  await expect(deleteState(directory)).rejects.toThrow(/StoreLocked/)
  expect(files(directory)).toHaveLength(before)
  await store.close()
  expect(await outcomeOf(directory)).toBe(6)
})

test('what is damaged is forgotten as well, with a note or without', async () => {
  for (const part of ['note', 'journal', 'state/CURRENT'] as const) {
    const directory = await killed(part.replace('/', '-'), 6)
    rmSync(join(directory.path, part === 'note' ? 'acknowledged' : part), { recursive: true })
    await deleteState(directory)
    expect(readdirSync(directory.path)).toEqual([])
  }
})

test('a hub that starts meanwhile is refused, or keeps what it acknowledges', async () => {
  for (let moment = 0, moments = 1; moment < moments; moment++) {
    const directory = await killed(`d${String(moment)}`, 6)
    const other = storeAt(directory)
    let number = 0
    let count = 0
    meanwhile = async () => {
      if (count++ !== moment) return
      try {
        ;({ number } = await other.open(() => undefined))
        await other.commit(groupOf(++number))
      } catch (error) {
        number = 0
        expect(error).toBeInstanceOf(StoreError)
      }
    }
    await deleteState(directory)
    moments = count
    meanwhile = undefined
    await other.close()
    expect((await open(directory)).number).toBe(number)
  }
})

test('a process that is killed on the way leaves the state as it was, or nothing that looks like one', async () => {
  const outcomes = new Set<unknown>()
  for (let moment = 0, moments = 1; moment < moments; moment++) {
    const directory = await killed(`d${String(moment)}`, 6)
    let count = 0
    let left = at('none')
    meanwhile = () => {
      if (count++ === moment) left = copyOf(directory, `left ${String(moment)}`)
      return Promise.resolve()
    }
    await deleteState(directory)
    moments = count
    meanwhile = undefined
    outcomes.add(await outcomeOf(left))
    await deleteState(left)
    expect(existsSync(left.state)).toBe(false)
    expect(await outcomeOf(left)).toBe(0)
  }
  expect([...outcomes].sort()).toEqual([6, 'StoreDamaged'])
})
