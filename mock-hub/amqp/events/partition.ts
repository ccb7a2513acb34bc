/** One partition: messages in order, with their positions, as long as the retention allows. */

import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/emitter.ts'
import type { TelemetryMessage } from '../../core/contract/message.ts'
import { eventBytes } from './event-message.ts'

export interface Retention {
  /** Messages of each partition. */
  readonly count: number
  /** Bytes of each partition. */
  readonly bytes: number
  /** Age in ms of the hub's clock. */
  readonly ms: number
}

/** Estimate of what is stored beside a body: an exact size would need the encoded message, ten times the cost of storing it. */
const AROUND_BODY_BYTES = 512

/** A message and its place. */
export class StoredEvent {
  /** In this partition, from 0 without gaps. */
  readonly sequenceNumber: number
  /** Bytes before it in this partition. */
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

  /** Bytes that count for the retention. */
  get size(): number {
    return sizeOf(this.#message)
  }

  /** The encoded message; all readers share it. */
  get bytes(): Buffer {
    return (this.#bytes ??= eventBytes(this.#message, this))
  }
}

/** Numbers that the next message gets. */
export interface PartitionPosition {
  readonly sequenceNumber: number
  readonly offset: number
}

/** Bytes that a message counts for. */
export function sizeOf({ body }: Pick<TelemetryMessage, 'body'>): number {
  return body.length + AROUND_BODY_BYTES
}

/** Where to begin reading. */
export type StartPosition =
  | { readonly from: 'earliest' | 'latest' }
  | {
      readonly from: 'offset' | 'sequenceNumber' | 'enqueuedTime'
      readonly value: number
      /** The message at that place is included. */
      readonly inclusive: boolean
    }

const FIELDS = {
  offset: 'offset',
  sequenceNumber: 'sequenceNumber',
  enqueuedTime: 'enqueuedAt',
} as const satisfies Record<string, keyof StoredEvent>
/** So many removed messages are cut off at once: a shift for each would move all others. */
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

  /** Of the next message. */
  get position(): PartitionPosition {
    return { sequenceNumber: this.#next, offset: this.#nextOffset }
  }

  /** Goes on where an earlier process stood. Call it before messages are appended. */
  set position({ sequenceNumber, offset }: PartitionPosition) {
    this.#next = sequenceNumber
    this.#nextOffset = offset
  }

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

  /** The newest message; it may have been removed. */
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
    this.#enforceRetention()
    this.#listeners.tell()
  }

  /** @returns the message, or the oldest one after it when it was removed; undefined: there is none yet. */
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
    // Each of the three fields grows along the partition.
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

  /** Drops all messages; positions go on, so that no reader sees one twice. */
  clear(): void {
    this.#events = []
    this.#first = 0
    this.#bytesKept = 0
  }

  /** Calls the listener after each message. @returns stops listening. */
  onAppend(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Removes old messages when the partition is read, not when one is stored: reading the clock costs more than storing. */
  #prune(): void {
    const oldestAt = this.#clock.now() - this.#retention.ms
    for (;;) {
      const oldest = this.#events[this.#first]
      if (oldest === undefined || oldest.enqueuedAt >= oldestAt) break
      this.#drop(oldest)
    }
    this.#tidy()
  }

  #enforceRetention(): void {
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
