/**
 * LevelDB drops what it cannot read in its log and goes on with what follows, in the next of its blocks: behind a store that
 * has taken over the journal again and again, the loss of any of it is named, or the start goes on from an earlier group and
 * says so.
 */

import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { afterTurn } from '../base/clock.ts'
import type { Durability } from './acknowledged.ts'
import type { DataDirectory } from './data-directory.ts'
import { segmentsIn } from './journal-reader.ts'
import { files, groupOf, useDataDirectories } from './testing/data-directories.ts'

const { said, at, storeAt, copyOf, outcomeOf } = useDataDirectories()

const GROUPS = 1_000
/** LevelDB reads its log in blocks of so many bytes. */
const BLOCK_BYTES = 32_768
const TRIALS = 40

/** Its database has taken over all of the journal, or all but the newest groups, a few groups at a time. */
async function takenOver(durability: Durability, how: 'stopped' | 'killed'): Promise<DataDirectory> {
  const directory = at('alive')
  const store = storeAt(directory, { durability, journalBytes: 2_000 })
  await store.open(() => undefined)
  for (let number = 1; number <= GROUPS; number++) {
    await store.commit(groupOf(number))
    while (segmentsIn(directory.journal).length > 1) await new Promise<void>(afterTurn)
  }
  const left = copyOf(directory, 'killed')
  await store.close()
  return how === 'killed' ? left : directory
}

test.each([
  ['disk', 'stopped'],
  ['disk', 'killed'],
  ['process', 'stopped'],
  ['process', 'killed'],
] as const)(
  'durability %s, a hub that was %s: no damage of the log of the database is passed over',
  async (durability, how) => {
    const directory = await takenOver(durability, how)
    expect(await outcomeOf(copyOf(directory))).toBe(GROUPS)
    const [log = ''] = files(directory).filter((file) => /state\/\d+\.log$/.test(file))
    const bytes = readFileSync(log)
    expect(bytes.length).toBeGreaterThan(2 * BLOCK_BYTES)
    const outcomes = new Map<string, number>()
    const lookAt = async (damage: (path: string) => void): Promise<void> => {
      const copy = copyOf(directory)
      damage(log.replace(directory.path, copy.path))
      said.length = 0
      const outcome = await outcomeOf(copy).catch(String)
      const isEarlier = typeof outcome === 'number' && outcome < GROUPS && said.length > 0
      const shown = isEarlier ? 'earlier, and said' : String(outcome)
      outcomes.set(shown, (outcomes.get(shown) ?? 0) + 1)
    }
    for (let trial = 0; trial < TRIALS; trial++) {
      const place = Math.floor((bytes.length / TRIALS) * (trial + 0.5))
      await lookAt((path) => {
        const flipped = Buffer.from(bytes)
        flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 8))
        writeFileSync(path, flipped)
      })
      if (trial % 5 === 0)
        await lookAt((path) => {
          truncateSync(path, place)
        })
    }
    // Where a later group has put back all that was dropped, nothing is lost.
    const fine = [String(GROUPS), 'StoreDamaged', ...(durability === 'disk' ? [] : ['earlier, and said'])]
    expect([...outcomes.keys()].filter((outcome) => !fine.includes(outcome))).toEqual([])
    expect(TRIALS - (outcomes.get(String(GROUPS)) ?? 0)).toBeGreaterThan(TRIALS / 2)
  },
  60_000,
)
