import { expect, test } from 'vitest'
import { afterTurn, ManualClock } from '../../base/clock.ts'
import { StoreError, type StateStore } from '../contract/store/state-store.ts'
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

test('what changes while a group is stored is the next group, which need not wait for it', async () => {
  const { store, commits, change } = commitsOf(true)
  const told: string[] = []
  const tell = (name: string) => void commits.committed()?.then(() => told.push(name))
  change('a', 1)
  tell('a')
  await turns()
  change('b', 2)
  tell('b')
  change('c', 3)
  await turns()
  // Two are under way: what comes now gathers.
  change('d', 4)
  await turns()
  change('e', 5)
  tell('e')
  await turns()
  expect(told).toEqual([])
  store.release()
  await turns()
  expect(told).toEqual(['a'])
  store.release()
  store.release()
  await turns()
  expect(told).toEqual(['a', 'b', 'e'])
  expect(store.groups.map(({ documents }) => documents.map(({ key }) => key))).toEqual([
    ['a'],
    ['b', 'c'],
    ['d', 'e'],
  ])
  expect(commits.committed()).toBeUndefined()
})

test('a store that is done in the same turn lets everybody through in it', async () => {
  const { commits, change } = commitsOf()
  change('a', 1)
  let stored = false
  void commits.committed()?.then(() => (stored = true))
  await new Promise<void>(afterTurn)
  expect([stored, commits.committed()]).toEqual([true, undefined])
})

test('when the later of two groups is told first, the earlier is stored as well', async () => {
  const system = new ManualClock(0)
  const resolves: (() => void)[] = []
  const store: StateStore = {
    place: 'memory',
    open: () => Promise.resolve({ number: 0, now: 0 }),
    commit: () => new Promise((resolve) => resolves.push(resolve)),
    close: () => Promise.resolve(),
  }
  const commits = new GroupCommits({ ...{ store, system }, failed: () => undefined, say: () => undefined })
  const told: number[] = []
  for (const number of [1, 2]) {
    commits.changed('twin', String(number))
    void commits.committed()?.then(() => told.push(number))
    await turns()
  }
  resolves[1]?.()
  await turns()
  expect([told, commits.committed()]).toEqual([[1, 2], undefined])
  resolves[0]?.()
  await turns()
  expect(told).toEqual([1, 2])
})

test('without room the same group is tried again each second, and nobody is let through', async () => {
  const { store, commits, change, system, said, failed } = commitsOf()
  store.refusal = new StoreError('StoreFull', 'no room')
  change('a', 1)
  let stored = false
  void commits.committed()?.then(() => (stored = true))
  await turns()
  change('a', 2)
  system.advance(1_000)
  await turns()
  expect([stored, store.groups.length]).toEqual([false, 0])
  store.refusal = undefined
  system.advance(1_000)
  await turns()
  expect([stored, failed.length]).toEqual([true, 0])
  expect(store.groups.map(({ documents }) => String(documents[0]?.value))).toEqual(['1', '2'])
  expect(said).toEqual([
    'store: StoreFull: no room; trying again each second for 30 s',
    'store: all is stored again',
  ])
})

test('a store that stays full, or does not answer, fails after 30 seconds of the machine', async () => {
  for (const error of [undefined, new StoreError('StoreFull', 'no room')]) {
    const { store, commits, change, system, failed } = commitsOf(true)
    store.refusal = error
    change('a', 1)
    let stored = false
    void commits.committed()?.then(() => (stored = true))
    await turns()
    for (let second = 0; second < 30; second++) {
      expect(failed).toEqual([])
      system.advance(1_000)
      await turns(3)
    }
    expect(failed.map(({ problem }) => problem)).toEqual(['StoreFailed'])
    store.refusal = undefined
    store.release()
    await turns()
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

test('a store that fails while it is closed does not keep those who close it', async () => {
  const { store, commits, change } = commitsOf(true)
  change('a', 1)
  await turns()
  let closed = false
  void commits.close().then(() => (closed = true))
  await turns()
  expect(closed).toBe(false)
  store.release(new Error('EIO'))
  await turns()
  expect(closed).toBe(true)
})
