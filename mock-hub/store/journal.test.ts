import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { groupRecord, laterRecord, readGroupRecord } from './group-record.ts'
import { Journal } from './journal.ts'
import { readJournal, segmentsIn } from './journal-reader.ts'
import type { DataDirectory } from './data-directory.ts'
import { groupOf, useDataDirectories } from './testing/data-directories.ts'

const { said, at, storeAt, copyOf, killed, outcomeOf } = useDataDirectories()

const recordOf = (number: number): Buffer =>
  groupRecord({ number, now: number }, [{ name: `twin/n${String(number)}`, value: Buffer.from('x') }])
const groups = ({ journal }: DataDirectory, after = 0) => {
  const numbers: number[] = []
  const stop = readJournal(journal, after, ({ number }) => numbers.push(number))
  return { numbers, stop }
}
const newest = ({ journal }: DataDirectory): string => segmentsIn(journal).at(-1)?.path ?? ''

test('a record says what it was given', () => {
  const documents = [
    { name: 'twin/ä', value: Buffer.from('é') },
    { name: 'c2d/d1\n7', value: undefined },
    { name: 'event/1', value: Buffer.alloc(0) },
  ]
  const record = groupRecord({ number: 2 ** 40, now: 1.5 }, documents)
  expect(readGroupRecord(record, 0)).toEqual({ number: 2 ** 40, now: 1.5, documents, end: record.length })
  const behind = Buffer.concat([Buffer.from('noise'), record])
  expect(readGroupRecord(behind, 0)).toBeUndefined()
  expect(laterRecord(behind, 0, 2 ** 40 - 5)?.number).toBe(2 ** 40)
})

test('a record with any bit flipped, or any byte missing, is none', () => {
  const record = recordOf(7)
  for (let bit = 0; bit < record.length * 8; bit++) {
    const flipped = Buffer.from(record)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(readGroupRecord(flipped, 0)).toBeUndefined()
  }
  for (let cut = 0; cut < record.length; cut++)
    expect(readGroupRecord(record.subarray(0, cut), 0)).toBeUndefined()
})

test('segments are read one after the other, and deleted when nobody needs them', async () => {
  const directory = at('d')
  const journal = new Journal(directory.journal, true)
  for (let number = 1; number <= 9; number++) {
    journal.append(number, recordOf(number))
    if (number % 3 === 0) journal.rotate()
  }
  await journal.sync()
  expect(groups(directory)).toEqual({ numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9], stop: undefined })
  expect(groups(directory, 4).numbers).toEqual([5, 6, 7, 8, 9])
  journal.drop(4)
  expect(segmentsIn(directory.journal).map(({ first }) => first)).toEqual([4, 7])
  journal.drop(9)
  expect(segmentsIn(directory.journal)).toEqual([])
  journal.append(10, recordOf(10))
  await journal.sync()
  await journal.close()
  expect(groups(directory, 9).numbers).toEqual([10])
})

test('all who wait for the disk are told, also when it takes many at a time', async () => {
  const directory = at('d')
  const journal = new Journal(directory.journal, true)
  const told: number[] = []
  const all = Array.from({ length: 50 }, async (_, index) => {
    journal.append(index + 1, recordOf(index + 1))
    if (index === 20) journal.rotate()
    await journal.sync()
    told.push(index + 1)
  })
  await Promise.all(all)
  expect(new Set(told).size).toBe(50)
  await journal.close()
})

test('the journal cut at every byte is a clean prefix', async () => {
  const directory = await killed('d', 6)
  const bytes = readFileSync(newest(directory))
  const ends = endsOf(bytes)
  for (let cut = 0; cut <= (ends.at(-1) ?? 0); cut++) {
    writeFileSync(newest(directory), bytes.subarray(0, cut))
    const whole = ends.filter((end) => end <= cut).length
    const { numbers, stop } = groups(directory)
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6].slice(0, whole))
    // What is missing after a whole group, only the note can tell.
    expect(stop?.later).toBeUndefined()
  }
})

test('any bit flipped in the journal is found', async () => {
  const directory = await killed('d', 3)
  const bytes = readFileSync(newest(directory))
  const ends = endsOf(bytes)
  for (let bit = 0; bit < (ends.at(-1) ?? 0) * 8; bit += 5) {
    const flipped = Buffer.from(bytes.subarray(0, ends.at(-1)))
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    writeFileSync(newest(directory), flipped)
    const whole = ends.filter((end) => end * 8 <= bit).length
    const { numbers, stop } = groups(directory)
    expect(numbers).toEqual([1, 2, 3].slice(0, whole))
    expect(stop).toMatchObject({ number: whole + 1, later: [2, 3, undefined][whole] })
  }
})

test('a cut or a flipped bit in what was acknowledged is a refusal, else a clean prefix', async () => {
  const directory = await killed('d', 6)
  const bytes = readFileSync(newest(directory))
  const [end = 0, ...ends] = endsOf(bytes).reverse()
  // The last two groups; the last place is the end.
  for (let place = end - 11 * 60; place <= end; place += 11) {
    const flipped = Buffer.from(bytes)
    flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 8))
    for (const [damage, outcome] of [
      [bytes.subarray(0, place), place === end ? 6 : 'StoreDamaged'],
      [flipped, place < end ? 'StoreDamaged' : 6],
    ] as const) {
      const copy = copyOf(directory)
      writeFileSync(newest(copy), damage)
      expect(await outcomeOf(copy)).toBe(outcome)
    }
    // As far as a power cut can take it: the note is older than the groups.
    const older = copyOf(directory)
    truncateSync(newest(older), place)
    rmSync(older.note)
    expect(await outcomeOf(older)).toBe([...ends, end].filter((one) => one <= place).length)
  }
})

test('a group that was not finished is cut off and said, and its number is given again', async () => {
  const directory = await killed('d', 5, { durability: 'process' })
  const whole = statSync(newest(directory)).size
  const torn = groupRecord(groupOf(6), [{ name: 'twin/torn', value: Buffer.alloc(100, 1) }])
  for (const length of [4, 27, torn.length - 1]) {
    const copy = copyOf(directory)
    writeFileSync(newest(copy), torn.subarray(0, length), { flag: 'a' })
    said.length = 0
    expect(await outcomeOf(copyOf(copy, 'opened'))).toBe(5)
    expect(said.join()).toMatch(/is no whole group: it was not acknowledged; it goes on after group 5/)
    const store = storeAt(copy)
    await store.open(() => undefined)
    expect(statSync(newest(copy)).size).toBe(whole)
    await store.commit(groupOf(6))
    expect(await outcomeOf(copyOf(copy, 'killed'))).toBe(6)
    await store.close()
  }
})

test('with durability process a lost end is said and the rest is there', async () => {
  const directory = await killed('d', 6, { durability: 'process' })
  truncateSync(newest(directory), statSync(newest(directory)).size - 10)
  expect(await outcomeOf(directory)).toBe(5)
  expect(said.join()).toMatch(/group 6 cannot be read at byte \d+ of .*journal, and it was acknowledged/)
  expect(said.join()).toMatch(/groups 6 to 6 were acknowledged and are gone/)
})

test('a segment that is missing is damage', async () => {
  const directory = at('d')
  const journal = new Journal(directory.journal, false)
  for (let number = 1; number <= 6; number++) {
    journal.append(number, recordOf(number))
    if (number % 2 === 0) journal.rotate()
  }
  const [, second] = segmentsIn(directory.journal)
  rmSync(second?.path ?? '')
  expect(groups(directory)).toMatchObject({ numbers: [1, 2], stop: { number: 3, later: 5 } })
  await journal.close()
})

/** Where each group ends; behind the last there are zeros. */
function endsOf(bytes: Buffer): number[] {
  const ends: number[] = []
  for (let at = 0; ;) {
    const record = readGroupRecord(bytes, at)
    if (record === undefined) return ends
    at = record.end
    ends.push(at)
  }
}
