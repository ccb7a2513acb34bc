/**
 * Random operations on a hub whose store is on the disk, a crash at a random byte of what it writes, a new start: the hub is
 * what it was at the last group that is whole, and with it is all that was acknowledged and nothing that was not sent.
 */

import { readFileSync, truncateSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterPromises } from '../base/clock.ts'
import type { Durability } from '../store/acknowledged.ts'
import type { DataDirectory } from '../store/data-directory.ts'
import { readGroupRecord } from '../store/group-record.ts'
import { segmentsIn } from '../store/journal-reader.ts'
import { LevelStore } from '../store/level-store.ts'
import { useDataDirectories } from '../store/testing/data-directories.ts'
import { act, all, live, operation, type Life } from './testing/state-operations.ts'

const { say, said, at, copyOf } = useDataDirectories()

/** So small that the database takes over again and again. */
const JOURNAL_BYTES = 3_000
/** Where in a group the crash comes, in thousandths: 0 before its first byte, all behind its last. */
const ALL = 1_000

interface Written {
  readonly path: string
  /** Number, first byte and end of the newest group; none: 0. */
  readonly number: number
  readonly from: number
  readonly end: number
}

function newest({ journal }: DataDirectory): Written {
  const path = segmentsIn(journal).at(-1)?.path
  let found: Written = { path: path ?? '', number: 0, from: 0, end: 0 }
  if (path === undefined) return found
  const bytes = readFileSync(path)
  for (
    let record = readGroupRecord(bytes, 0);
    record !== undefined;
    record = readGroupRecord(bytes, record.end)
  )
    found = { path, number: record.number, from: found.end, end: record.end }
  return found
}

const rounds = fc.array(
  fc.record({
    operations: fc.array(operation, { minLength: 1, maxLength: 6 }),
    crash: fc.constantFrom('none', 'before', 'within', 'within', 'within'),
    place: fc.oneof(fc.nat(ALL), fc.constantFrom(0, 1, ALL - 1, ALL)),
  }),
  { minLength: 2, maxLength: 8 },
)

test.each<Durability>(['disk', 'process'])('a crash with durability %s', async (durability) => {
  let lives = 0
  let torn = 0
  const begin = (directory: DataDirectory): Promise<Life<LevelStore>> =>
    live(new LevelStore({ directory, durability, say, journalBytes: JOURNAL_BYTES }))
  const end = async ({ services, hub, commits, clock }: Life): Promise<void> => {
    services.stop()
    hub.stop()
    clock.stop()
    await commits.close()
  }
  await fc.assert(
    fc.asyncProperty(rounds, async (steps) => {
      let directory = at(`life ${String(++lives)}`)
      let life = await begin(directory)
      for (const { operations, crash, place } of steps) {
        await life.commits.committed()
        const acknowledged = all(life.hub)
        const before = newest(directory).number
        for (const one of operations) act(life, one)
        // The group is given to the journal when all promises have gone on; that it is on the disk is told later.
        if (crash !== 'before') await new Promise<void>(afterPromises)
        if (crash === 'none') continue
        const sent = all(life.hub)
        const left = copyOf(directory, `life ${String(++lives)}`)
        const { path, number, from, end: whole } = newest(left)
        const isWritten = crash === 'within' && number !== before
        // A system that goes on writes all that it was given: with `process` there is no other crash.
        const cut = durability === 'disk' ? from + Math.floor(((whole - from) * place) / ALL) : whole
        if (isWritten && cut < whole) {
          truncateSync(path, cut)
          torn++
        }
        await end(life)
        directory = left
        life = await begin(directory)
        // The database may have taken the group over before it was on the disk: it is there as a whole or not at all.
        const possible = !isWritten ? [acknowledged] : cut === whole ? [sent] : [acknowledged, sent]
        expect(possible).toContainEqual(all(life.hub))
        // What was due happens now.
        life.clock.advance(0)
      }
      await end(life)
    }),
    // A crash does not come at the same moment twice: there is nothing to shrink.
    { numRuns: 15, endOnFailure: true },
  )
  expect(lives).toBeGreaterThan(20)
  if (durability === 'disk') {
    expect(torn).toBeGreaterThan(2)
    expect(said.join()).toMatch(/is no whole group: it was not acknowledged/)
  }
})
