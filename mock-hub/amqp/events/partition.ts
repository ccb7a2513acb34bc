/** One partition: messages in their order with positions of its own, kept as long as the retention says. */

import type { Clock } from '../../core/clock.ts'
import { Listeners } from '../../core/listeners.ts'
import type { TelemetryMessage } from '../../core/message.ts'
import { eventBytes } from './event-message.ts'

export interface Retention {
  /** Messages of each partition. */
  readonly count: number
  /** Bytes of each partition. */
  readonly bytes: number
  /** On the hub's clock. */
  readonly ms: number
}

/** A message at its place. */
export interface StoredEvent {
  /** In this partition, from 0 without gaps. */
  readonly sequenceNumber: number
  /** Bytes before it in this partition; grows, and is told as text. */
  readonly offset: number
  readonly enqueuedAt: number
  /** Encoded once, for all who read it. */
  readonly bytes: Buffer
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
  readonly #listeners = new Listeners<[]>()
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
    const place = { sequenceNumber: this.#next, offset: this.#nextOffset, enqueuedAt: message.enqueuedAt }
    const bytes = eventBytes(message, place)
    const event = { ...place, bytes }
    this.#next++
    this.#nextOffset += bytes.length
    this.#bytesKept += bytes.length
    this.#events.push(event)
    this.#last = event
    this.#prune()
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

  #prune(): void {
    const oldestAt = this.#clock.now() - this.#retention.ms
    for (;;) {
      const oldest = this.#events[this.#first]
      if (oldest === undefined) break
      const kept = this.#events.length - this.#first
      const tooMany = kept > this.#retention.count || (this.#bytesKept > this.#retention.bytes && kept > 1)
      if (!tooMany && oldest.enqueuedAt >= oldestAt) break
      this.#bytesKept -= oldest.bytes.length
      this.#first++
    }
    if (this.#first < SLACK && this.#first < this.#events.length) return
    this.#events = this.#events.slice(this.#first)
    this.#first = 0
  }
}
