/**
 * State in LevelDB. LevelDB drops what it cannot read without a word, so every value carries a checksum over its key and
 * itself, and each group writes a head with its number and with the count and digest of all that lives; the start compares
 * them with what is there.
 */

import { ClassicLevel } from 'classic-level'
import { existsSync, readdirSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { STATE_KINDS, type StateKind } from '../core/contract/store/commits.ts'
import {
  StoreError,
  type Group,
  type StateStore,
  type StoredDocument,
  type StoreState,
} from '../core/contract/store/state-store.ts'
import { AcknowledgedFile, readAcknowledged, type Acknowledged, type Durability } from './acknowledged.ts'
import { makeDataDirectory, type DataDirectory } from './data-directory.ts'
import { LiveSet } from './live-set.ts'

export interface LevelStoreOptions {
  readonly directory: DataDirectory
  /** Default: `disk`. */
  readonly durability?: Durability | undefined
  /** Says what is wrong but no reason to refuse. */
  readonly say: (line: string) => void
}

/** Version of the format; a store of a later one is refused. */
export const STORE_FORMAT = 1
export const HEAD = 'head'
const SUM_BYTES = 4
/** So much is read at a time. */
const READ_BYTES = 2 ** 20
const KINDS: ReadonlyMap<string, StateKind> = new Map(STATE_KINDS.map((kind) => [kind, kind]))

/** What each group says about all that lives. */
export interface Head extends StoreState {
  readonly format: number
  readonly count: number
  readonly digest: string
}

type Operation =
  | { readonly type: 'del'; readonly key: string }
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer }

export type Database = ClassicLevel<string, Buffer>

export function openDatabase(location: string, createIfMissing: boolean): Database {
  return new ClassicLevel<string, Buffer>(location, {
    keyEncoding: 'utf8',
    valueEncoding: 'buffer',
    createIfMissing,
  })
}

/** The value with the checksum of key and value before it. */
export function summed(key: string, value: Buffer): Buffer {
  const sum = Buffer.allocUnsafe(SUM_BYTES)
  sum.writeUInt32BE(crc32(value, crc32(key)))
  return Buffer.concat([sum, value])
}

/** @returns undefined: what is stored is not what was stored. */
export function checkedValue(key: string, stored: Buffer): Buffer | undefined {
  if (stored.length < SUM_BYTES) return undefined
  const value = stored.subarray(SUM_BYTES)
  return stored.readUInt32BE(0) === crc32(value, crc32(key)) ? value : undefined
}

/** @returns undefined: no kind that this version knows. */
export function kindOf(key: string): StateKind | undefined {
  return KINDS.get(key.slice(0, key.indexOf('/')))
}

export class LevelStore implements StateStore {
  readonly place: string
  readonly #directory: DataDirectory
  readonly #durability: Durability
  readonly #say: (line: string) => void
  #database: Database | undefined
  #acknowledged: AcknowledgedFile | undefined
  #live = new LiveSet()
  #head: Head = { format: STORE_FORMAT, number: 0, now: 0, count: 0, digest: new LiveSet().digest }
  /** A write has failed: LevelDB's log may hold a part of it, and must be read anew before it is continued. */
  #suspect = false

  constructor({ directory, durability = 'disk', say }: LevelStoreOptions) {
    this.place = directory.path
    this.#directory = directory
    this.#durability = durability
    this.#say = say
  }

  async open(live: (document: StoredDocument) => void): Promise<StoreState> {
    const { path, state, note } = this.#directory
    await makeDataDirectory(this.#directory).catch((error: unknown) => {
      throw storeError(path, error)
    })
    const noted = this.#noted()
    if (noted !== undefined || existsSync(state)) this.#checkFiles()
    await this.#read(live)
    this.#checkNewest(noted)
    this.#acknowledged = new AcknowledgedFile(note)
    return this.#head
  }

  async commit(group: Group): Promise<void> {
    if (this.#suspect && (await this.#reread(group.number))) return
    const database = this.#database
    if (database === undefined) throw new StoreError('StoreFailed', `${this.place} is closed`)
    const change = this.#live.change()
    const operations = group.documents.map(({ kind, key, value }): Operation => {
      const name = `${kind}/${key}`
      if (value === undefined) {
        change.delete(name)
        return { type: 'del', key: name }
      }
      const stored = summed(name, value)
      change.put(name, stored.readUInt32BE(0))
      return { type: 'put', key: name, value: stored }
    })
    const { number, now } = group
    const head: Head = { format: STORE_FORMAT, number, now, count: change.count, digest: change.digest }
    const text = Buffer.from(JSON.stringify(head))
    operations.push({ type: 'put', key: HEAD, value: summed(HEAD, text) })
    try {
      await database.batch(operations, { sync: this.#durability === 'disk' })
    } catch (error) {
      this.#suspect = true
      throw storeError(this.place, error)
    }
    change.keep()
    this.#stored(head)
  }

  async close(): Promise<void> {
    this.#acknowledged?.close()
    this.#acknowledged = undefined
    await this.#database?.close()
    this.#database = undefined
  }

  #stored(head: Head): void {
    this.#head = head
    this.#acknowledged?.write({ number: head.number, durability: this.#durability })
  }

  /** @returns whether the group that failed is stored after all. */
  async #reread(number: number): Promise<boolean> {
    await this.#database?.close()
    this.#database = undefined
    await this.#read(() => undefined)
    this.#suspect = false
    const { number: last } = this.#head
    if (last !== number && last !== number - 1)
      throw damaged(this.place, `its last group is ${String(last)} instead of ${String(number - 1)}`)
    if (last === number) this.#stored(this.#head)
    return last === number
  }

  /** Reads and checks everything. */
  async #read(live: (document: StoredDocument) => void): Promise<void> {
    const { state } = this.#directory
    const database = openDatabase(state, true)
    const found = new LiveSet()
    let head: Head | undefined
    try {
      await database.open()
      this.#database = database
      for await (const [key, stored] of database.iterator({ highWaterMarkBytes: READ_BYTES })) {
        const value = checkedValue(key, stored)
        if (value === undefined) throw damaged(this.place, `the checksum of ${key} is wrong`)
        if (key === HEAD) {
          head = JSON.parse(value.toString()) as Head // its checksum is right: this program wrote it
          checkFormat(this.place, head)
          continue
        }
        found.add(key, stored.readUInt32BE(0))
        const kind = kindOf(key)
        if (kind !== undefined) live({ kind, key: key.slice(kind.length + 1), value })
      }
    } catch (error) {
      this.#database = undefined
      await database.close().catch(() => undefined)
      throw storeError(this.place, error)
    }
    this.#live = found
    const expected = head ?? { ...this.#head, number: 0, count: 0, digest: new LiveSet().digest }
    if (expected.count !== found.count || expected.digest !== found.digest) {
      await this.close()
      const group = `group ${String(expected.number)}`
      throw damaged(
        this.place,
        expected.count === found.count
          ? `a document is not what it was at ${group}`
          : `there are ${String(found.count)} documents, ${group} left ${String(expected.count)}`,
      )
    }
    this.#head = expected
  }

  #noted(): Acknowledged | undefined {
    try {
      return readAcknowledged(this.#directory.note)
    } catch (error) {
      throw damaged(this.place, error instanceof Error ? error.message : String(error))
    }
  }

  /** LevelDB makes a new database when it does not find the file that names the old one. */
  #checkFiles(): void {
    const { state, note } = this.#directory
    const names = existsSync(state) ? readdirSync(state) : []
    if (names.includes('CURRENT')) return
    const left = names.find((name) => /^(MANIFEST-.*|.*\.(ldb|sst|log))$/.test(name))
    if (left !== undefined) throw damaged(this.place, `state/CURRENT is missing, and state/${left} is there`)
    if (existsSync(note)) throw damaged(this.place, 'the database in state/ is missing')
  }

  /** Groups that were acknowledged must be there. */
  #checkNewest(noted: Acknowledged | undefined): void {
    const { number } = this.#head
    if (noted === undefined || noted.number <= number) return
    const lost = `groups ${String(number + 1)} to ${String(noted.number)} were acknowledged and are gone`
    if (noted.durability === 'disk') {
      void this.close()
      throw damaged(this.place, lost)
    }
    this.#say(
      `store: ${this.place}: ${lost}: with --durability process, a crash of the machine takes the newest`,
    )
  }
}

/** @throws StoreError StoreFromTheFuture. */
export function checkFormat(place: string, { format }: Head): void {
  if (format <= STORE_FORMAT) return
  throw new StoreError(
    'StoreFromTheFuture',
    `${place} has format ${String(format)}, this version knows ${String(STORE_FORMAT)}: use the version that wrote it`,
  )
}

export function damaged(place: string, what: string, options?: ErrorOptions): StoreError {
  return new StoreError(
    'StoreDamaged',
    `${place}: ${what}; look at it with "mock-iot-hub data check ${place}", save what can be read with ` +
      `"mock-iot-hub data salvage ${place} --into DIR", or begin anew with --fresh`,
    options,
  )
}

/** What LevelDB's or the system's error means. */
export function storeError(place: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const reasons = reasonsOf(error)
  const text = reasons.map(({ message }) => message).join(': ')
  if (reasons.some(({ code }) => code === 'LEVEL_LOCKED'))
    return new StoreError(
      'StoreLocked',
      `${place} is used by another hub: stop that one, or give this one a directory of its own`,
      { cause: error },
    )
  if (/no space left|disk quota|ENOSPC|EDQUOT/i.test(text))
    return new StoreError('StoreFull', `${place}: there is no room left on its disk`, { cause: error })
  if (
    reasons.some(({ code }) => code === 'LEVEL_CORRUPTION') ||
    /corruption|does not exist|no such file/i.test(text)
  )
    return damaged(place, text, { cause: error })
  return new StoreError('StoreFailed', `${place}: ${text}`, { cause: error })
}

function reasonsOf(error: unknown): readonly (Error & { readonly code?: unknown })[] {
  return error instanceof Error ? [error, ...reasonsOf(error.cause)] : []
}
