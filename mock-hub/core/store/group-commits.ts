/** Groups what has changed, stores it group by group, and says when. */

import { afterPromises, HubClock, type Clock } from '../../base/clock.ts'
import { fromJsonText, jsonText } from '../../base/json-floats.ts'
import type { Commits, StateDocument, StateKind, StateSource } from '../contract/store/commits.ts'
import { STATE_KINDS } from '../contract/store/commits.ts'
import {
  StoreError,
  type Group,
  type StateStore,
  type StoredDocument,
  type StoreState,
} from '../contract/store/state-store.ts'

export interface GroupCommitsOptions {
  readonly store: StateStore
  /** How long a group may wait for room or a slow disk, in seconds of the system's clock. Default: 30. */
  readonly stallSeconds?: number | undefined
  /** The store cannot go on: the hub must end. Called once. */
  readonly failed: (reason: StoreError) => void
  /** Says once that the store waits, and once that it goes on. */
  readonly say: (line: string) => void
  /** The machine's time. Default: the system's clock. */
  readonly system?: Clock | undefined
}

const DEFAULT_STALL_SECONDS = 30
const RETRY_MS = 1_000
/** When so many bytes wait, requests are read no further. */
const MOST_WAITING_BYTES = 8 * 2 ** 20
/** What a document without a measure counts for. */
const ABOUT_BYTES = 512

/** So many groups may be on their way: the second need not wait until the first is stored, further changes gather. */
const MOST_UNDER_WAY = 2

/** Everybody who changed something in a group waits for one promise. */
class Ticket {
  bytes = 0
  resolve: () => void = () => undefined
  readonly stored = new Promise<void>((resolve) => {
    this.resolve = resolve
  })
}

export class GroupCommits implements Commits {
  readonly active = true
  readonly sources = new Map<StateKind, StateSource>()
  readonly #options: GroupCommitsOptions
  readonly #system: Clock
  readonly #ownSystem: HubClock | undefined
  readonly #loaded = new Map<StateKind, StateDocument[]>()
  #number = 0
  #now: () => number = () => 0
  #before: () => Promise<void> | undefined = () => undefined
  #changed = new Map<StateKind, Set<string>>()
  /** Gathers changes. */
  #open: Ticket | undefined
  /** Its group has not been taken yet. */
  #given: Ticket | undefined
  /** Their groups were taken and are being stored, in their order. */
  #underWay: Ticket[] = []
  #waitingBytes = 0
  /** Changes are put back, or the hub has ended: nothing is noted. */
  #deaf = false
  #over = false
  #giveUp: () => void = () => undefined
  /** Resolves when the store has failed. */
  readonly #givenUp = new Promise<void>((resolve) => {
    this.#giveUp = resolve
  })

  constructor(options: GroupCommitsOptions) {
    this.#options = options
    this.#ownSystem = options.system === undefined ? new HubClock() : undefined
    this.#system = options.system ?? (this.#ownSystem as HubClock)
  }

  /** Opens the store and reads all of it. @throws StoreError */
  async load(): Promise<StoreState> {
    const state = await this.#options.store.open(({ kind, key, value }) => {
      if (value === undefined) return
      const documents = this.#loaded.get(kind) ?? []
      documents.push({ key, value: valueOf(kind, value) })
      this.#loaded.set(kind, documents)
    })
    this.#number = state.number
    return state
  }

  /** The documents of one kind that {@link GroupCommits.load} has read. */
  loaded(kind: StateKind): readonly StateDocument[] {
    return this.#loaded.get(kind) ?? []
  }

  /** From now on groups bear this time. @param now epoch ms. */
  tellTime(now: () => number): void {
    this.#now = now
  }

  /** @param before called before each attempt to store a group: faults of the store are injected there. */
  beforeEach(before: () => Promise<void> | undefined): void {
    this.#before = before
  }

  /** Puts back what was read; every owner has been added by now. Documents without an owner stay in the store. */
  restore(): void {
    this.#deaf = true
    try {
      for (const kind of STATE_KINDS) {
        this.sources.get(kind)?.load(this.loaded(kind))
        this.#loaded.delete(kind)
      }
    } finally {
      this.#deaf = false
      this.#loaded.clear()
    }
  }

  get congested(): boolean {
    return this.#waitingBytes > MOST_WAITING_BYTES
  }

  keep<T>(source: StateSource<T>): void {
    this.sources.set(source.kind, source)
  }

  changed(kind: StateKind, key: string, bytes = ABOUT_BYTES): void {
    if (this.#deaf) return
    const keys = this.#changed.get(kind)
    if (keys === undefined) this.#changed.set(kind, new Set([key]))
    else keys.add(key)
    this.#waitingBytes += bytes
    if (this.#open === undefined) {
      this.#open = new Ticket()
      afterPromises(() => {
        this.#close()
      })
    }
    this.#open.bytes += bytes
  }

  committed(): Promise<void> | undefined {
    return (this.#open ?? this.#given ?? this.#underWay.at(-1))?.stored
  }

  /** Changes from now on are not stored: the services are being taken down. */
  seal(): void {
    this.#deaf = true
  }

  /** Waits until all is stored, unless the store has failed; then closes it. */
  async close(): Promise<void> {
    if (!this.#over) await Promise.race([this.committed(), this.#givenUp])
    this.#over = true
    this.#deaf = true
    await this.#options.store.close()
    this.#ownSystem?.stop()
  }

  /** What an event changed is done, or a group is stored: what has gathered is the next group. */
  #close(): void {
    const ticket = this.#open
    if (ticket === undefined || this.#given !== undefined || this.#over) return
    if (this.#underWay.length >= MOST_UNDER_WAY) return
    this.#open = undefined
    this.#given = ticket
    const group = this.#group()
    let stored: Promise<void> | undefined
    try {
      const fault = this.#before()
      if (fault !== undefined) {
        void this.#insist(group, ticket, fault)
        return
      }
      stored = this.#options.store.commit(group)
    } catch (error) {
      void this.#insist(group, ticket, Promise.reject(this.#storeError(error)))
      return
    }
    this.#taken(ticket, stored)
  }

  /** @param stored undefined: it is. */
  #taken(ticket: Ticket, stored: Promise<void> | undefined): void {
    this.#given = undefined
    this.#underWay.push(ticket)
    if (stored === undefined) this.#done(ticket)
    else void this.#follow(ticket, stored)
  }

  async #follow(ticket: Ticket, stored: Promise<void>): Promise<void> {
    const stop = this.#stall(() => 'it has not answered')
    try {
      await stored
      this.#done(ticket)
    } catch (error) {
      this.#fail(this.#storeError(error))
    } finally {
      stop()
    }
  }

  /** It is stored, and all that went before it. */
  #done(ticket: Ticket): void {
    const place = this.#underWay.indexOf(ticket)
    if (place < 0 || this.#over) return
    for (const one of this.#underWay.splice(0, place + 1)) {
      this.#waitingBytes -= one.bytes
      one.resolve()
    }
    this.#close()
  }

  #group(): Group {
    const documents: StoredDocument[] = []
    const changed = this.#changed
    this.#changed = new Map()
    for (const [kind, keys] of changed) {
      const source = this.sources.get(kind)
      for (const key of keys) {
        const value = source?.read(key)
        documents.push({ kind, key, value: value === undefined ? undefined : bytesOf(value) })
      }
    }
    return { number: ++this.#number, now: this.#now(), documents }
  }

  /** Gives a group until it is taken: without room each second, for a while. */
  async #insist(group: Group, ticket: Ticket, first: Promise<void>): Promise<void> {
    const { store, stallSeconds = DEFAULT_STALL_SECONDS, say } = this.#options
    let problem = 'it has not answered'
    let waits = false
    const stop = this.#stall(() => problem)
    try {
      for (let before: Promise<void> | undefined = first; ; before = undefined)
        try {
          await (before ?? this.#before())
          if (this.#over) return
          const stored = store.commit(group)
          if (waits) say('store: all is stored again')
          this.#taken(ticket, stored)
          return
        } catch (error) {
          const reason = this.#storeError(error)
          if (reason.problem !== 'StoreFull') {
            this.#fail(reason)
            return
          }
          problem = reason.message
          if (!waits) say(`store: ${problem}; trying again each second for ${String(stallSeconds)} s`)
          waits = true
          await this.#pause()
        }
    } finally {
      stop()
    }
  }

  /** Gives up after a while. @returns ends the wait. */
  #stall(problem: () => string): () => void {
    const { store, stallSeconds = DEFAULT_STALL_SECONDS } = this.#options
    return this.#system.schedule(stallSeconds * 1_000, () => {
      this.#fail(new StoreError('StoreFailed', `${store.place}: for ${String(stallSeconds)} s, ${problem()}`))
    })
  }

  #storeError(error: unknown): StoreError {
    if (error instanceof StoreError) return error
    const text = error instanceof Error ? error.message : String(error)
    return new StoreError('StoreFailed', `${this.#options.store.place}: ${text}`, { cause: error })
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#system.schedule(RETRY_MS, resolve)
    })
  }

  /** Nobody is let through any more. */
  #fail(reason: StoreError): void {
    if (this.#over) return
    this.#over = true
    this.#deaf = true
    this.#giveUp()
    this.#options.failed(reason)
  }
}

function bytesOf(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(jsonText(value))
}

function valueOf(kind: StateKind, value: Buffer): unknown {
  return kind === 'event' ? value : fromJsonText(value.toString())
}
