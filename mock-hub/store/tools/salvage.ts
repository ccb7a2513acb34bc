/** `data salvage`: saves what can still be read of a damaged data directory into a new one. */

import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { StoreError, type StoredDocument } from '../../core/contract/store/state-store.ts'
import { dataDirectory, makeDataDirectory, type DataDirectory } from '../data-directory.ts'
import {
  checkedValue,
  checkFormat,
  HEAD,
  kindOf,
  LevelStore,
  openDatabase,
  storeError,
  type Head,
} from '../level-store.ts'
import { readAcknowledged } from '../acknowledged.ts'
import { requireData } from './check.ts'
import { countByKind, type DataReport } from './report.ts'

export interface SalvageReport extends DataReport {
  /** Documents whose checksum was wrong. */
  readonly dropped: readonly string[]
  /** Documents that the last readable group left; undefined: no group can be read. */
  readonly expected: number | undefined
}

/** So many documents are written at a time. */
const GROUP = 1_000

/** @throws StoreError for a target that is not empty; the damaged directory is not changed. */
export async function salvageData(
  from: DataDirectory,
  into: string,
  say: (line: string) => void,
): Promise<SalvageReport> {
  requireData(from)
  const target = await emptyTarget(into)
  const copy = await mkdtemp(join(tmpdir(), 'mock-iot-hub-salvage-'))
  try {
    if (existsSync(from.state)) await cp(from.state, copy, { recursive: true })
    const { documents, dropped, head } = await readable(copy, from.path)
    const number = Math.max(head?.number ?? 0, notedNumber(from))
    const now = head?.now ?? 0
    const last = await writeAll(target, documents, { number, now }, say)
    for (const part of ['blobs', 'certificates'] as const)
      if (existsSync(from[part])) await cp(from[part], target[part], { recursive: true })
    return {
      ...{ group: last, now, dropped, expected: head?.count },
      documents: countByKind(documents.map(({ kind }) => kind)),
    }
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

/** @throws StoreError for a directory with something in it. */
export async function emptyTarget(path: string): Promise<DataDirectory> {
  const target = dataDirectory(path)
  await makeDataDirectory(target)
  const [first] = await readdir(target.path)
  if (first === undefined) return target
  throw new StoreError('StoreFailed', `${target.path} is not empty: name a new directory`)
}

/** Writes documents into a new directory. @returns the number of the last group. */
export async function writeAll(
  directory: DataDirectory,
  documents: Iterable<StoredDocument> | AsyncIterable<StoredDocument>,
  after: { readonly number: number; readonly now: number },
  say: (line: string) => void,
): Promise<number> {
  const store = new LevelStore({ directory, say })
  let { number } = after
  try {
    await store.open(() => undefined)
    let group: StoredDocument[] = []
    const commit = async (): Promise<void> => {
      await store.commit({ number: ++number, now: after.now, documents: group })
      group = []
    }
    for await (const document of documents) {
      group.push(document)
      if (group.length >= GROUP) await commit()
    }
    await commit()
    return number
  } finally {
    await store.close()
  }
}

async function readable(
  location: string,
  place: string,
): Promise<{ documents: StoredDocument[]; dropped: string[]; head: Head | undefined }> {
  const documents: StoredDocument[] = []
  const dropped: string[] = []
  let head: Head | undefined
  try {
    await ClassicLevel.repair(location)
    const database = openDatabase(location, true)
    await database.open()
    try {
      for await (const [key, stored] of database.iterator()) {
        const value = checkedValue(key, stored)
        const kind = kindOf(key)
        if (value === undefined) dropped.push(key)
        else if (key === HEAD) head = JSON.parse(value.toString()) as Head
        else if (kind !== undefined) documents.push({ kind, key: key.slice(kind.length + 1), value })
      }
    } finally {
      await database.close()
    }
  } catch (error) {
    throw storeError(place, error)
  }
  if (head !== undefined) checkFormat(place, head)
  return { documents, dropped, head }
}

function notedNumber({ note }: DataDirectory): number {
  try {
    return readAcknowledged(note)?.number ?? 0
  } catch {
    return 0
  }
}
