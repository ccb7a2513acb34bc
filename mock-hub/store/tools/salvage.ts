/** `data salvage`: saves what can still be read of a damaged data directory into a new one. */

import { existsSync } from 'node:fs'
import { cp, link, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { StoreError, type StoredDocument } from '../../core/contract/store/state-store.ts'
import { dataDirectory, makeDataDirectory, type DataDirectory } from '../data-directory.ts'
import { readAcknowledged } from '../acknowledged.ts'
import { checkedValue } from '../document-names.ts'
import { storedDocument, type GroupRecord, type NamedDocument } from '../group-record.ts'
import { readableGroups } from '../journal-reader.ts'
import { checkFormat, HEAD, openDatabase, type Database, type Head } from '../level-database.ts'
import { LevelStore } from '../level-store.ts'
import { storeError } from '../store-errors.ts'
import { requireData } from './check.ts'
import { countByKind, type DataReport } from './report.ts'

export interface SalvageReport extends DataReport {
  /** Documents whose checksum was wrong. */
  readonly dropped: readonly string[]
  /** Documents that the database had, and how many of them can be read; undefined: it does not say. */
  readonly database: { readonly had: number; readonly read: number } | undefined
  /** Groups that were acknowledged and cannot be read. */
  readonly groupsLost: number
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
  const unlock = await locked(from)
  try {
    return await intoNew(into, (target) => salvageInto(from, target, say))
  } finally {
    await unlock()
  }
}

async function salvageInto(
  from: DataDirectory,
  target: DataDirectory,
  say: (line: string) => void,
): Promise<SalvageReport> {
  const copy = await mkdtemp(join(tmpdir(), 'mock-iot-hub-salvage-'))
  try {
    if (existsSync(from.state)) await cp(from.state, copy, { recursive: true })
    const newest = groupsAfter(from)
    const found = await Remains.open(copy, from.path)
    try {
      const { head } = found
      const base = head?.number ?? 0
      const groups = newest.filter(({ number }) => number > base)
      const last = groups.at(-1) ?? head
      const noted = notedNumber(from)
      const kinds: string[] = []
      const after = { number: Math.max(last?.number ?? 0, noted), now: last?.now ?? 0 }
      const group = await writeAll(target, saved(found, groups, kinds), after, say)
      for (const part of ['blobs', 'certificates'] as const)
        if (existsSync(from[part])) await cp(from[part], target[part], { recursive: true })
      const { dropped, read } = found
      return {
        ...{ group, now: after.now, dropped, documents: countByKind(kinds) },
        database: head && { had: head.count, read },
        groupsLost: Math.max(0, Math.max(last?.number ?? 0, noted) - base - groups.length),
      }
    } finally {
      await found.close()
    }
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

/**
 * Fills a new directory. When that fails, nothing stays in it: no hub takes a part for the whole.
 * @throws StoreError for a directory with something in it; what `fill` throws.
 */
export async function intoNew<T>(path: string, fill: (target: DataDirectory) => Promise<T>): Promise<T> {
  const target = dataDirectory(path)
  await makeDataDirectory(target)
  const [first] = await readdir(target.path)
  if (first !== undefined)
    throw new StoreError('StoreFailed', `${target.path} is not empty: name a new directory`)
  try {
    return await fill(target)
  } catch (error) {
    for (const name of await readdir(target.path)) await rm(join(target.path, name), { recursive: true })
    throw error
  }
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

/** Groups that the journal has and can be read, in their order. */
function groupsAfter({ journal }: DataDirectory): readonly GroupRecord[] {
  const byNumber = new Map<number, GroupRecord>()
  for (const group of readableGroups(journal)) byNumber.set(group.number, group)
  return [...byNumber.values()].sort((a, b) => a.number - b.number)
}

/** What the database has, with what the groups changed. @param kinds receives the kind of each document. */
async function* saved(
  found: Remains,
  groups: readonly GroupRecord[],
  kinds: string[],
): AsyncIterable<StoredDocument> {
  const newest = new Map<string, Buffer | undefined>()
  for (const { documents } of groups) for (const { name, value } of documents) newest.set(name, value)
  const known = (document: NamedDocument): readonly StoredDocument[] => {
    const stored = document.value === undefined ? undefined : storedDocument(document)
    if (stored === undefined) return []
    kinds.push(stored.kind)
    return [stored]
  }
  for await (const document of found.documents()) if (!newest.has(document.name)) yield* known(document)
  for (const [name, value] of newest) yield* known({ name, value })
}

/**
 * Takes the lock that a hub has on its directory: a copy of files that change meanwhile is one of no moment. A database that
 * is damaged may not open, and changes when it does: another one, which is new and empty, opens with the lock of this one.
 * Call it in no process that has the directory open: the system would take the lock from both.
 * @throws StoreError StoreLocked. @returns gives the lock back.
 */
async function locked({ path, state }: DataDirectory): Promise<() => Promise<void>> {
  const lock = join(state, 'LOCK')
  if (!existsSync(lock)) return () => Promise.resolve()
  const folder = await mkdtemp(join(tmpdir(), 'mock-iot-hub-lock-'))
  const same = join(folder, 'LOCK')
  // Windows lets few make symbolic links.
  await symlink(lock, same).catch(() => link(lock, same))
  // Not before: a database begins to open when it is made.
  const database = openDatabase(folder, true)
  const unlock = async (): Promise<void> => {
    await database.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await database.open()
    return unlock
  } catch (error) {
    await unlock()
    throw storeError(path, error)
  }
}

/** A database that LevelDB has put together from what it can read. */
class Remains {
  readonly head: Head | undefined
  readonly dropped: string[] = []
  /** Documents that could be read. */
  read = 0
  readonly #database: Database
  readonly #place: string

  private constructor(database: Database, head: Head | undefined, place: string) {
    this.#database = database
    this.head = head
    this.#place = place
  }

  /** @throws StoreError */
  static async open(location: string, place: string): Promise<Remains> {
    try {
      await ClassicLevel.repair(location)
    } catch (error) {
      throw storeError(place, error)
    }
    // Not before: a database begins to open when it is made, and two would write the same files.
    const database = openDatabase(location, true)
    try {
      await database.open()
      const stored = await database.get(HEAD)
      const value = stored && checkedValue(HEAD, stored)
      const head = value && (JSON.parse(value.toString()) as Head)
      if (head !== undefined) checkFormat(place, head)
      return new Remains(database, head, place)
    } catch (error) {
      await database.close().catch(() => undefined)
      throw storeError(place, error)
    }
  }

  async *documents(): AsyncIterable<NamedDocument> {
    try {
      for await (const [name, stored] of this.#database.iterator()) {
        const value = checkedValue(name, stored)
        if (value === undefined) this.dropped.push(name)
        else if (name !== HEAD) {
          this.read++
          yield { name, value }
        }
      }
    } catch (error) {
      throw storeError(this.#place, error)
    }
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}

function notedNumber({ note }: DataDirectory): number {
  try {
    return readAcknowledged(note)?.number ?? 0
  } catch {
    return 0
  }
}
