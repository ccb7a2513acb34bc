/** The stored events: one document for the events of each group, deleted when the hub has kept none of them any longer. */

import type { Commits, StateDocument, StateSource } from '../contract/store/commits.ts'
import type { TelemetryMessage } from '../contract/message.ts'
import { packEvents, packKey, unpackEvents } from '../store/event-pack.ts'

interface Pack {
  readonly key: string
  /** Sequence number of its newest event. */
  last: number
}

export interface EventLogOptions {
  readonly commits: Commits
  /** Number of events that the hub keeps. */
  readonly retained: number
  readonly load: (events: readonly TelemetryMessage[]) => void
}

/** About what an event takes beside its body. */
const AROUND_BODY_BYTES = 320

export class EventLog implements StateSource<Buffer> {
  readonly kind = 'event'
  readonly #options: EventLogOptions
  /** Stored, oldest first. */
  #packs: Pack[] = []
  /** Of the open group. */
  #open: TelemetryMessage[] = []
  #openKey = ''

  constructor(options: EventLogOptions) {
    this.#options = options
    options.commits.keep(this)
  }

  /** Call it only with a store. @returns whether it is the first of its group. */
  add(event: TelemetryMessage): boolean {
    const { commits, retained } = this.#options
    const { sequenceNumber, body } = event
    const isFirst = this.#open.length === 0
    if (isFirst) {
      this.#openKey = packKey(sequenceNumber)
      this.#packs.push({ key: this.#openKey, last: sequenceNumber })
    }
    this.#open.push(event)
    const newest = this.#packs.at(-1)
    if (newest !== undefined) newest.last = sequenceNumber
    commits.changed('event', this.#openKey, body.length + AROUND_BODY_BYTES)
    for (let oldest = this.#packs[0]; oldest !== undefined; oldest = this.#packs[0]) {
      if (oldest.last > sequenceNumber - retained || oldest === newest) break
      this.#packs.shift()
      commits.changed('event', oldest.key, 0)
    }
    return isFirst
  }

  clear(): void {
    for (const { key } of this.#packs) this.#options.commits.changed('event', key, 0)
    this.#packs = []
    this.#open = []
  }

  keys(): Iterable<string> {
    return this.#packs.map(({ key }) => key)
  }

  /** The group closes: the next event begins another document. */
  read(key: string): Buffer | undefined {
    if (this.#open.length === 0 || key !== this.#openKey) return undefined
    const events = this.#open
    this.#open = []
    return packEvents(events)
  }

  load(documents: readonly StateDocument<Buffer>[]): void {
    this.#open = []
    this.#packs = []
    const inOrder = [...documents].sort((a, b) => (a.key < b.key ? -1 : 1))
    const all: TelemetryMessage[] = []
    for (const { key, value } of inOrder) {
      const events = unpackEvents(value)
      for (const event of events) all.push(event)
      this.#packs.push({ key, last: events.at(-1)?.sequenceNumber ?? 0 })
    }
    this.#options.load(all)
  }
}
