import { expect, test } from 'vitest'
import { afterTurn, ManualClock } from '../../base/clock.ts'
import { StoreError } from '../contract/store/state-store.ts'
import { MemoryStore } from '../testing/memory-store.ts'
import { GroupCommits } from './group-commits.ts'

function commitsOf(held = false) {
  const store = new MemoryStore({ held })
  const system = new ManualClock(0)
  const failed: StoreError[] = []
  const said: string[] = []
  const commits = new GroupCommits({
    ...{ store, system },
    failed: (reason) => failed.push(reason),
    say: (line) => said.push(line),
  })
  const values = new Map<string, unknown>()
  let reads = 0
  commits.keep({
    kind: 'twin',
    keys: () => values.keys(),
    read: (key) => {
      reads++
      return values.get(key)
    },
    load: () => undefined,
  })
  const change = (key: string, value: unknown): void => {
    values.set(key, value)
    commits.changed('twin', key)
  }
  return { store, system, failed, said, commits, change, reads: () => reads }
}

/** Lets everything happen that waits for no time. */
async function turns(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>(afterTurn)
}

test('what one turn changes is one group, and each document is read once', async () => {
  const { store, commits, change, reads } = commitsOf()
  expect(commits.committed()).toBeUndefined()
  change('a', 1)
  change('a', 2)
  change('b', 3)
  await commits.committed()
  expect(
    store.groups.map(({ documents }) => documents.map(({ key, value }) => [key, String(value)])),
  ).toEqual([
    [
      ['a', '2'],
      ['b', '3'],
    ],
  ])
  expect(reads()).toBe(2)
  expect(commits.committed()).toBeUndefined()
})

test('what changes while a group is stored is the next group', async () => {
  const { store, commits, change } = commitsOf(true)
  change('a', 1)
  await turns()
  let first = false
  let second = false
  void commits.committed()?.then(() => (first = true))
  change('b', 2)
  void commits.committed()?.then(() => (second = true))
  change('c', 3)
  await turns()
  expect([first, second]).toEqual([false, false])
  store.release()
  await turns()
  expect([first, second]).toEqual([true, false])
  store.release()
  await turns()
  expect([first, second]).toEqual([true, true])
  expect(store.groups.map(({ documents }) => documents.length)).toEqual([1, 2])
})

test('without room the same group is tried again each second, and nobody is let through', async () => {
  const { store, commits, change, system, said, failed } = commitsOf(true)
  change('a', 1)
  let stored = false
  void commits.committed()?.then(() => (stored = true))
  await turns()
  store.release(new StoreError('StoreFull', 'no room'))
  await turns()
  change('a', 2)
  expect([stored, store.waits]).toEqual([false, false])
  system.advance(1_000)
  await turns()
  store.release()
  await turns()
  expect([stored, failed.length]).toEqual([true, 0])
  expect(store.groups[0]?.documents[0]?.value?.toString()).toBe('1')
  expect(said).toEqual([
    'store: StoreFull: no room; trying again each second for 30 s',
    'store: all is stored again',
  ])
})

test('a store that stays full, or does not answer, fails after 30 seconds of the machine', async () => {
  for (const error of [undefined, new StoreError('StoreFull', 'no room')]) {
    const { store, commits, change, system, failed } = commitsOf(true)
    change('a', 1)
    let stored = false
    void commits.committed()?.then(() => (stored = true))
    await turns()
    for (let second = 0; second < 30; second++) {
      if (error !== undefined) store.release(error)
      await turns(3)
      system.advance(1_000)
      await turns(3)
    }
    expect(failed.map(({ problem }) => problem)).toEqual(['StoreFailed'])
    expect(stored).toBe(false)
  }
})

test('any other failure ends it at once: what was written may be there or not', async () => {
  const { store, commits, change, failed } = commitsOf(true)
  change('a', 1)
  let stored = false
  void commits.committed()?.then(() => (stored = true))
  await turns()
  store.release(new Error('EIO'))
  await turns()
  change('b', 1)
  await turns()
  expect(failed.map(({ message }) => message)).toEqual(['StoreFailed: memory: EIO'])
  expect([stored, store.waits, store.groups.length]).toEqual([false, false, 0])
})

test('when 8 MB wait, requests are read no further', async () => {
  const { store, commits, change } = commitsOf(true)
  change('a', 1)
  await turns()
  expect(commits.congested).toBe(false)
  commits.changed('twin', 'b', 9 * 2 ** 20)
  expect(commits.congested).toBe(true)
  store.release()
  await turns()
  store.release()
  await turns()
  expect(commits.congested).toBe(false)
})
