/** Reads the groups that the journal holds, and finds where it ends. */

import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { laterRecord, readGroupRecord, type GroupRecord } from './group-record.ts'

const DIGITS = 16
const ZEROS = Buffer.alloc(4_096)
const FORM = /^(\d{16})\.journal$/

/** One file of the journal. */
export interface Segment {
  readonly path: string
  /** Number of its first group. */
  readonly first: number
}

/** Where the journal stops although something follows. */
export interface JournalBreak {
  readonly path: string
  /** Bytes from the beginning of the file. */
  readonly at: number
  /** Number of the group that should be there. */
  readonly number: number
  /** Number of a whole group that lies behind; undefined: there is none, and a group was not finished. */
  readonly later: number | undefined
}

export function segmentPath(folder: string, first: number): string {
  return join(folder, `${String(first).padStart(DIGITS, '0')}.journal`)
}

/** In the order in which they were written. */
export function segmentsIn(folder: string): readonly Segment[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap((name): Segment[] => {
      const first = FORM.exec(name)?.[1]
      return first === undefined ? [] : [{ path: join(folder, name), first: Number(first) }]
    })
    .sort((a, b) => a.first - b.first)
}

/**
 * Reads all groups after one.
 * @param after number of the last group that the database has.
 * @param take receives the groups in their order, without a gap.
 * @returns undefined: all bytes are groups.
 */
export function readJournal(
  folder: string,
  after: number,
  take: (group: GroupRecord) => void,
): JournalBreak | undefined {
  const segments = segmentsIn(folder)
  let next = after + 1
  for (const [index, { path }] of segments.entries()) {
    const bytes = readFileSync(path)
    for (let at = 0; at < bytes.length;) {
      const group = readGroupRecord(bytes, at)
      if (group === undefined && hasZerosAlone(bytes, at)) break
      if (group === undefined || group.number > next) {
        const rest = segments.slice(index + 1).map((segment) => readFileSync(segment.path))
        const later = [bytes.subarray(at), ...rest].map((some) => laterRecord(some, 0, next))
        return { path, at, number: next, later: later.find((record) => record !== undefined)?.number }
      }
      at = group.end
      // The database has it: a crash came before the segment was deleted.
      if (group.number < next) continue
      take(group)
      next++
    }
  }
  return undefined
}

/** Nothing has been written there yet. */
function hasZerosAlone(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length)
    if (!part.equals(ZEROS.subarray(0, part.length))) return false
  }
  return true
}

/** Every group in the journal that can be read, whatever lies between. */
export function* readableGroups(folder: string): Iterable<GroupRecord> {
  for (const { path } of segmentsIn(folder)) {
    const bytes = readFileSync(path)
    for (let at = 0; ;) {
      const group = readGroupRecord(bytes, at) ?? laterRecord(bytes, at, 1)
      if (group === undefined) break
      yield group
      at = group.end
    }
  }
}

/** Cuts off the end of a file, from the break on. */
export function cutAt({ path, at }: JournalBreak): void {
  const file = openSync(path, 'r+')
  try {
    ftruncateSync(file, at)
    fdatasyncSync(file)
  } finally {
    closeSync(file)
  }
}
