/**
 * State in a directory: groups are acknowledged when they are in a journal; a database behind it has the documents as they
 * were at one group, and takes over what the journal has gathered. The start checks both: the database by checksums, count
 * and digest, the journal by checksums and numbers without a gap, up to the group that was acknowledged last.
 */

import { existsSync, readdirSync } from 'node:fs'
import {
  StoreError,
  type Group,
  type StateStore,
  type StoredDocument,
  type StoreState,
} from '../core/contract/store/state-store.ts'
import { AcknowledgedFile, readAcknowledged, type Acknowledged, type Durability } from './acknowledged.ts'
import { makeDataDirectory, makeStateFolder, type DataDirectory } from './data-directory.ts'
import { groupRecord, namedDocuments, storedDocument, type NamedDocument } from './group-record.ts'
import { Journal } from './journal.ts'
import { cutAt, readJournal, segmentsIn, type JournalBreak } from './journal-reader.ts'
import { setAsideAfter } from './set-aside.ts'
import { LevelDatabase, STORE_FORMAT } from './level-database.ts'
import { damaged, storeError } from './store-errors.ts'

export interface LevelStoreOptions {
  readonly directory: DataDirectory
  /** Default: `disk`. */
  readonly durability?: Durability | undefined
  /** Says what is wrong but no reason to refuse. */
  readonly say: (line: string) => void
  /** When the journal has so many bytes, the database takes them over. Default: 32 MiB. */
  readonly journalBytes?: number | undefined
  /** Says what a hub would do with the journal, and leaves it as it is. Default: false. */
  readonly looks?: boolean | undefined
}

/** Events that nobody keeps any longer by then never reach the database. */
const JOURNAL_BYTES = 32 * 2 ** 20
/** So many times these may be in the journal before new groups wait for the database. */
const MOST_JOURNALS = 4

/** Documents that the database does not have yet, by name; undefined: gone. */
type Gathered = Map<string, Buffer | undefined>

export class LevelStore implements StateStore {
  readonly place: string
  readonly #directory: DataDirectory
  readonly #durability: Durability
  readonly #say: (line: string) => void
  readonly #journalBytes: number
  readonly #looks: boolean
  readonly #database: LevelDatabase
  #journal: Journal | undefined
  #acknowledged: AcknowledgedFile | undefined
  #lastNoted = 0
  #state: StoreState = { number: 0, now: 0 }
  #gathered: Gathered = new Map()
  /** What the database is taking over. */
  #leaving: { readonly documents: Gathered; readonly state: StoreState } | undefined
  #takingOver: Promise<void> | undefined
  /** Why the database could not take it over. */
  #failure: StoreError | undefined

  constructor({
    directory,
    durability = 'disk',
    say,
    journalBytes = JOURNAL_BYTES,
    looks = false,
  }: LevelStoreOptions) {
    this.place = directory.path
    this.#directory = directory
    this.#durability = durability
    this.#say = say
    this.#journalBytes = journalBytes
    this.#looks = looks
    this.#database = new LevelDatabase(directory.path, directory.state)
  }

  async open(live: (document: StoredDocument) => void): Promise<StoreState> {
    const { path, journal, note } = this.#directory
    try {
      await makeDataDirectory(this.#directory)
      this.#checkFiles()
      await makeStateFolder(this.#directory)
      const { number, now, format } = await this.#database.open()
      // Not before: until now another hub may have had the directory.
      const noted = this.#noted()
      this.#state = { number, now }
      this.#readJournal(noted)
      await this.#database.read((document) => {
        if (!this.#gathered.has(document.name)) give(document, live)
      })
      for (const [name, value] of this.#gathered) if (value !== undefined) give({ name, value }, live)
      this.#checkNewest(noted)
      if (this.#looks) return this.#state
      this.#journal = new Journal(journal, this.#durability === 'disk')
      this.#acknowledged = new AcknowledgedFile(note, {
        number: this.#state.number,
        durability: this.#durability,
      })
      // A version that knows no journal must not begin without it.
      if (format < STORE_FORMAT || number === 0) await this.#database.write([], { number, now })
    } catch (error) {
      await this.#release()
      throw storeError(path, error)
    }
    return this.#state
  }

  /** Everything that lives, a part at a time; nothing may be committed meanwhile. @throws StoreError */
  async *documents(): AsyncIterable<StoredDocument> {
    for await (const document of this.#database.documents())
      if (!this.#gathered.has(document.name)) yield* known(document)
    for (const [name, value] of this.#gathered) if (value !== undefined) yield* known({ name, value })
  }

  commit(group: Group): Promise<void> | undefined {
    const journal = this.#journal
    if (journal === undefined) throw new StoreError('StoreFailed', `${this.place} is closed`)
    if (this.#failure !== undefined) {
      // There may be room again.
      if (this.#failure.problem === 'StoreFull') this.#takeOver(journal)
      throw this.#failure
    }
    const documents = namedDocuments(group.documents)
    try {
      journal.append(group.number, groupRecord(group, documents))
    } catch (error) {
      const failure = storeError(this.place, error)
      // The database may need less room for it than the journal does.
      if (failure.problem === 'StoreFull' && this.#gathered.size > 0) this.#takeOver(journal)
      throw failure
    }
    for (const { name, value } of documents) this.#gathered.set(name, value)
    this.#state = { number: group.number, now: group.now }
    if (journal.bytes >= this.#journalBytes) this.#takeOver(journal)
    const room = journal.bytes < MOST_JOURNALS * this.#journalBytes ? undefined : this.#takingOver
    if (this.#durability === 'disk' || room !== undefined) return this.#onDisk(group.number, journal, room)
    this.#note(group.number)
    return undefined
  }

  async close(): Promise<void> {
    await this.#takingOver
    const journal = this.#journal
    if (
      journal !== undefined &&
      this.#failure === undefined &&
      segmentsIn(this.#directory.journal).length > 0
    ) {
      this.#takeOver(journal)
      await this.#takingOver
    }
    await this.#release()
  }

  async #onDisk(number: number, journal: Journal, room: Promise<void> | undefined): Promise<void> {
    try {
      if (this.#durability === 'disk') await journal.sync()
    } catch (error) {
      // Nobody knows what is there: it must not be written once more as if nothing had happened.
      const { message } = storeError(this.place, error)
      throw new StoreError('StoreFailed', message, { cause: error })
    }
    this.#note(number)
    await room
  }

  /** Of two groups under way the later may be told first, and stands for both. */
  #note(number: number): void {
    if (number <= this.#lastNoted) return
    this.#lastNoted = number
    this.#acknowledged?.write({ number, durability: this.#durability })
  }

  /** The database takes over what the journal has, while that goes on in another segment. */
  #takeOver(journal: Journal): void {
    if (this.#takingOver !== undefined) return
    if (this.#leaving === undefined) {
      this.#leaving = { documents: this.#gathered, state: this.#state }
      this.#gathered = new Map()
      journal.rotate()
    }
    const { documents, state } = this.#leaving
    this.#takingOver = this.#takenOver(journal, documents, state).then((failure) => {
      this.#takingOver = undefined
      this.#failure = failure
    })
  }

  /** @returns why it could not be done. */
  async #takenOver(
    journal: Journal,
    documents: Gathered,
    state: StoreState,
  ): Promise<StoreError | undefined> {
    try {
      await this.#database.write(entriesOf(documents), state)
      this.#leaving = undefined
      journal.drop(state.number)
      return undefined
    } catch (error) {
      return storeError(this.place, error)
    }
  }

  async #release(): Promise<void> {
    await this.#journal?.close()
    this.#journal = undefined
    this.#acknowledged?.close()
    this.#acknowledged = undefined
    await this.#database.close()
  }

  #noted(): Acknowledged | undefined {
    try {
      return readAcknowledged(this.#directory.note)
    } catch (error) {
      throw damaged(this.place, error instanceof Error ? error.message : String(error))
    }
  }

  /** Puts the groups of the journal over what the database has. */
  #readJournal(noted: Acknowledged | undefined): void {
    const { journal } = this.#directory
    const stop = readJournal(journal, this.#state.number, ({ number, now, documents }) => {
      for (const { name, value } of documents) this.#gathered.set(name, value)
      this.#state = { number, now }
    })
    if (stop === undefined) return
    const lost = stop.later !== undefined || (noted !== undefined && noted.number >= stop.number)
    if (lost && noted?.durability !== 'process') throw damaged(this.place, whatIsLost(stop))
    const what = lost
      ? whatIsLost(stop)
      : `the end of ${stop.path} is no whole group: it was not acknowledged`
    const isLast = segmentsIn(journal).at(-1)?.path === stop.path
    const goesOn = `store: ${this.place}: ${what}; it goes on after group ${String(stop.number - 1)}`
    if (this.#looks) this.#say(goesOn)
    else if (lost || !isLast)
      this.#say(`${goesOn}; the rest of the journal is set aside in ${setAsideAfter(this.#directory, stop)}`)
    else {
      this.#say(goesOn)
      cutAt(stop)
    }
  }

  /** LevelDB makes a new database when it does not find the file that names the old one. */
  #checkFiles(): void {
    const { state, note, journal } = this.#directory
    const names = existsSync(state) ? readdirSync(state) : []
    if (names.includes('CURRENT')) return
    const left = names.find((name) => /^(MANIFEST-.*|.*\.(ldb|sst|log))$/.test(name))
    if (left !== undefined) throw damaged(this.place, `state/CURRENT is missing, and state/${left} is there`)
    if (existsSync(note) || segmentsIn(journal).length > 0)
      throw damaged(this.place, 'the database in state/ is missing')
  }

  /** Groups that were acknowledged must be there. */
  #checkNewest(noted: Acknowledged | undefined): void {
    const { number } = this.#state
    if (noted === undefined || noted.number <= number) return
    const lost = `groups ${String(number + 1)} to ${String(noted.number)} were acknowledged and are gone`
    if (noted.durability === 'disk') throw damaged(this.place, lost)
    this.#say(
      `store: ${this.place}: ${lost}: with --durability process, a crash of the machine takes the newest`,
    )
  }
}

function whatIsLost({ path, at, number, later }: JournalBreak): string {
  const behind = later === undefined ? 'and it was acknowledged' : `and group ${String(later)} lies behind it`
  return `group ${String(number)} cannot be read at byte ${String(at)} of ${path}, ${behind}`
}

function* entriesOf(documents: Gathered): Iterable<NamedDocument> {
  for (const [name, value] of documents) yield { name, value }
}

function give(document: NamedDocument, live: (document: StoredDocument) => void): void {
  const stored = storedDocument(document)
  if (stored !== undefined) live(stored)
}

function* known(document: NamedDocument): Iterable<StoredDocument> {
  const stored = storedDocument(document)
  if (stored !== undefined) yield stored
}
