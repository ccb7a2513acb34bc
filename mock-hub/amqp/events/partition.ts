/** One partition: messages in their order with positions of its own, kept as long as the retention says. */

import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/emitter.ts'
import type { TelemetryMessage } from '../../core/contract/message.ts'
import { eventBytes } from './event-message.ts'

export interface Retention {
  /** Messages of each partition. */
  readonly count: number
  /** Bytes of each partition. */
  readonly bytes: number
  /** On the hub's clock. */
  readonly ms: number
}

/** What stands around a body, about: sizes need not be exact, and encoding what nobody reads would cost ten times storing it. */
const AROUND_BODY_BYTES = 512

/** A message at its place. */
export class StoredEvent {
  /** In this partition, from 0 without gaps. */
  readonly sequenceNumber: number
  /** Bytes before it in this partition; grows, and is told as text. */
  readonly offset: number
  readonly #message: TelemetryMessage
  #bytes: Buffer | undefined

  constructor(sequenceNumber: number, offset: number, message: TelemetryMessage) {
    this.sequenceNumber = sequenceNumber
    this.offset = offset
    this.#message = message
  }

  get enqueuedAt(): number {
    return this.#message.enqueuedAt
  }

  /** What it takes of the partition's room. */
  get size(): number {
    return this.#message.body.length + AROUND_BODY_BYTES
  }

  /** Encoded once, for all who read it. */
  get bytes(): Buffer {
    return (this.#bytes ??= eventBytes(this.#message, this))
  }
}

/** Where to begin reading. */
export type StartPosition =
  | { readonly from: 'earliest' | 'latest' }
  | {
      readonly from: 'offset' | 'sequenceNumber' | 'enqueuedTime'
      readonly value: number
      /** With the message at that place itself. */
      readonly inclusive: boolean
    }

const FIELDS = {
  offset: 'offset',
  sequenceNumber: 'sequenceNumber',
  enqueuedTime: 'enqueuedAt',
} as const satisfies Record<string, keyof StoredEvent>
/** Removed ones are cut off when so many have gathered: a shift for each would move the rest. */
const SLACK = 1_024

export class Partition {
  readonly id: string
  readonly #clock: Clock
  readonly #retention: Retention
  readonly #listeners = new Emitter<[]>()
  #events: StoredEvent[] = []
  /** Index of the oldest that is still kept. */
  #first = 0
  #bytesKept = 0
  #next = 0
  #nextOffset = 0
  #last: StoredEvent | undefined

  constructor(id: string, clock: Clock, retention: Retention) {
    this.id = id
    this.#clock = clock
    this.#retention = retention
  }

  /** Sequence number of the oldest message, or of the next one. */
  get begin(): number {
    this.#prune()
    return this.#next - (this.#events.length - this.#first)
  }

  /** Sequence number that the next message gets. */
  get end(): number {
    return this.#next
  }

  /** The newest that ever came; it may be gone. */
  get last(): StoredEvent | undefined {
    return this.#last
  }

  get isEmpty(): boolean {
    return this.begin === this.#next
  }

  append(message: TelemetryMessage): void {
    const event = new StoredEvent(this.#next, this.#nextOffset, message)
    this.#next++
    this.#nextOffset += event.size
    this.#bytesKept += event.size
    this.#events.push(event)
    this.#last = event
    this.#makeRoom()
    this.#listeners.tell()
  }

  /** @returns the message, or the oldest after it when it is gone; undefined: none has come yet. */
  read(sequenceNumber: number): StoredEvent | undefined {
    const begin = this.begin
    return this.#events[this.#first + Math.max(sequenceNumber, begin) - begin]
  }

  /** Sequence number of the first message at this position. */
  find(position: StartPosition): number {
    const begin = this.begin
    if (!('value' in position)) return position.from === 'earliest' ? begin : this.#next
    const { value, inclusive } = position
    const field = FIELDS[position.from]
    // All three grow along the partition.
    let low = this.#first
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      const here = this.#events[middle]?.[field] ?? 0
      if (here > value || (inclusive && here === value)) high = middle
      else low = middle + 1
    }
    return begin + low - this.#first
  }

  /** Told after each message. @returns stops listening. */
  onAppend(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  /** What is too old goes when somebody looks, not with each message: the time would cost more than the message. */
  #prune(): void {
    const oldestAt = this.#clock.now() - this.#retention.ms
    for (;;) {
      const oldest = this.#events[this.#first]
      if (oldest === undefined || oldest.enqueuedAt >= oldestAt) break
      this.#drop(oldest)
    }
    this.#tidy()
  }

  #makeRoom(): void {
    const { count, bytes } = this.#retention
    for (;;) {
      const kept = this.#events.length - this.#first
      if (kept <= count && (this.#bytesKept <= bytes || kept <= 1)) break
      const oldest = this.#events[this.#first]
      if (oldest === undefined) break
      this.#drop(oldest)
    }
    if (this.#first >= SLACK) this.#tidy()
  }

  #drop(oldest: StoredEvent): void {
    this.#bytesKept -= oldest.size
    this.#first++
  }

  #tidy(): void {
    if (this.#first < SLACK && this.#first < this.#events.length) return
    this.#events = this.#events.slice(this.#first)
    this.#first = 0
  }
}
