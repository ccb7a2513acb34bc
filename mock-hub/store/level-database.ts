/**
 * The documents in LevelDB, as they were at one group. LevelDB drops what it cannot read without a word, so every value
 * carries a checksum over its name and itself, and a head says the number of that group with the count and digest of all
 * that lives.
 */

import { ClassicLevel } from 'classic-level'
import { afterTurn } from '../base/clock.ts'
import { StoreError, type StoreState } from '../core/contract/store/state-store.ts'
import { checkedValue, summed, sumOf } from './document-names.ts'
import type { NamedDocument } from './group-record.ts'
import { LiveSet } from './live-set.ts'
import { damaged, storeError } from './store-errors.ts'

/** Version of the format; a store of a later one is refused. 2: with a journal. */
export const STORE_FORMAT = 2
export const HEAD = 'head'
/** So much is read at a time. */
const READ_BYTES = 2 ** 20
const MOST_READ = 4_096
/** So many documents are handed over in one turn of the event loop. */
const DOCUMENTS_A_TURN = 256

export interface Head extends StoreState {
  readonly format: number
  readonly count: number
  readonly digest: string
}

interface Entry extends NamedDocument {
  readonly value: Buffer
  /** The checksum that it carries. */
  readonly sum: number
}

export type Database = ClassicLevel<string, Buffer>

export function openDatabase(location: string, createIfMissing: boolean): Database {
  return new ClassicLevel<string, Buffer>(location, {
    keyEncoding: 'utf8',
    valueEncoding: 'buffer',
    createIfMissing,
  })
}

/** @throws StoreError StoreFromTheFuture. */
export function checkFormat(place: string, { format }: Head): void {
  if (format <= STORE_FORMAT) return
  throw new StoreError(
    'StoreFromTheFuture',
    `${place} has format ${String(format)}, this version knows ${String(STORE_FORMAT)}: use the version that wrote it`,
  )
}

/** What a new database has. */
export function emptyHead(): Head {
  return { format: STORE_FORMAT, number: 0, now: 0, count: 0, digest: new LiveSet().digest }
}

export class LevelDatabase {
  readonly #place: string
  readonly #location: string
  #database: Database | undefined
  #live = new LiveSet()
  #head = emptyHead()
  /** A write has failed: LevelDB's log may hold a part of it, and must be read anew before it is continued. */
  #suspect = false

  /** @param place for messages. */
  constructor(place: string, location: string) {
    this.#place = place
    this.#location = location
  }

  get head(): Head {
    return this.#head
  }

  /** @returns what the database says of itself. @throws StoreError */
  async open(): Promise<Head> {
    const database = openDatabase(this.#location, true)
    try {
      await database.open()
      const stored = await database.get(HEAD)
      if (stored === undefined) this.#head = emptyHead()
      else {
        const value = checkedValue(HEAD, stored)
        if (value === undefined) throw damaged(this.#place, `the checksum of ${HEAD} is wrong`)
        this.#head = JSON.parse(value.toString()) as Head // its checksum is right: this program wrote it
        checkFormat(this.#place, this.#head)
      }
      this.#database = database
      return this.#head
    } catch (error) {
      await database.close().catch(() => undefined)
      throw storeError(this.#place, error)
    }
  }

  /** Reads and checks everything. @throws StoreError */
  async read(take: (document: NamedDocument) => void): Promise<void> {
    const found = new LiveSet()
    for await (const part of this.#parts())
      for (const entry of part) {
        found.add(entry.name, entry.sum)
        take(entry)
      }
    this.#live = found
    const { count, digest, number } = this.#head
    if (count === found.count && digest === found.digest) return
    const group = `group ${String(number)}`
    throw damaged(
      this.#place,
      count === found.count
        ? `a document is not what it was at ${group}`
        : `there are ${String(found.count)} documents, ${group} left ${String(count)}`,
    )
  }

  /** Everything, a part at a time. @throws StoreError */
  async *documents(): AsyncIterable<NamedDocument> {
    for await (const part of this.#parts()) yield* part
  }

  /**
   * Stores documents as they were at a group, all or nothing, on the disk.
   * @throws StoreError; then it may be called again with the same documents or later ones.
   */
  async write(documents: Iterable<NamedDocument>, state: StoreState): Promise<void> {
    if (this.#suspect) await this.#readAgain(state.number)
    const database = this.#opened()
    const change = this.#live.change()
    const batch = database.batch()
    let count = 0
    for (const { name, value } of documents) {
      if (value === undefined) {
        if (change.delete(name)) batch.del(name)
      } else {
        const stored = summed(name, value)
        change.put(name, sumOf(stored))
        batch.put(name, stored)
      }
      if (++count % DOCUMENTS_A_TURN === 0) await new Promise<void>(afterTurn)
    }
    const { number, now } = state
    const head = { format: STORE_FORMAT, number, now, count: change.count, digest: change.digest }
    batch.put(HEAD, summed(HEAD, Buffer.from(JSON.stringify(head))))
    try {
      await batch.write({ sync: true })
    } catch (error) {
      this.#suspect = true
      throw storeError(this.#place, error)
    }
    change.keep()
    this.#head = head
  }

  async close(): Promise<void> {
    await this.#database?.close()
    this.#database = undefined
  }

  async #readAgain(number: number): Promise<void> {
    const before = this.#head.number
    await this.close()
    await this.open()
    await this.read(() => undefined)
    this.#suspect = false
    const last = this.#head.number
    if (last === before || last === number) return
    throw damaged(this.#place, `its last group is ${String(last)} instead of ${String(before)}`)
  }

  /** All documents but the head, checked. While one part is handed over, the next is read. */
  async *#parts(): AsyncIterable<readonly Entry[]> {
    try {
      const iterator = this.#opened().iterator({ highWaterMarkBytes: READ_BYTES })
      try {
        for (let reading = iterator.nextv(MOST_READ); ;) {
          const found = await reading
          if (found.length === 0) return
          reading = iterator.nextv(MOST_READ)
          // Whoever stops before the end does not wait for it.
          reading.catch(() => undefined)
          yield this.#checked(found)
        }
      } finally {
        await iterator.close()
      }
    } catch (error) {
      throw storeError(this.#place, error)
    }
  }

  #checked(found: readonly (readonly [string, Buffer])[]): readonly Entry[] {
    const entries: Entry[] = []
    for (const [name, whole] of found) {
      const value = checkedValue(name, whole)
      if (value === undefined) throw damaged(this.#place, `the checksum of ${name} is wrong`)
      if (name !== HEAD) entries.push({ name, value, sum: sumOf(whole) })
    }
    return entries
  }

  #opened(): Database {
    if (this.#database !== undefined) return this.#database
    throw new StoreError('StoreFailed', `${this.#place} is closed`)
  }
}
