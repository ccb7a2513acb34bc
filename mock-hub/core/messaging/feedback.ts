/** Feedback about cloud-to-device messages, sent to back ends in batches of 64 or every 15 s (docs/contract/cloud-to-device.md). */

import type { Clock } from '../../base/clock.ts'
import type { FeedbackRecord } from '../contract/c2d.ts'
import type { Journal } from '../contract/journal.ts'
import type { PeekLockQueue } from './peek-lock-queue.ts'
import { utcText } from '../../base/time-text.ts'

export type Outcome = FeedbackRecord['statusCode']

const DESCRIPTIONS: Readonly<Partial<Record<Outcome, string>>> = { Rejected: 'Message rejected' }

const LARGEST_BATCH = 64
const BATCH_SECONDS = 15

export class Feedback {
  readonly #clock: Clock
  readonly #journal: Journal
  readonly #queue: PeekLockQueue<readonly FeedbackRecord[]>
  #batch: FeedbackRecord[] = []
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, journal: Journal, queue: PeekLockQueue<readonly FeedbackRecord[]>) {
    this.#clock = clock
    this.#journal = journal
    this.#queue = queue
  }

  /** Adds a feedback record, if the sender of the message asked for feedback on this outcome. */
  add(
    ack: 'none' | 'positive' | 'negative' | 'full' | undefined,
    outcome: Outcome,
    of: Pick<FeedbackRecord, 'originalMessageId' | 'deviceId' | 'deviceGenerationId'>,
  ): void {
    const wanted = ack === 'full' || ack === (outcome === 'Success' ? 'positive' : 'negative')
    if (!wanted) return
    const record: FeedbackRecord = {
      originalMessageId: of.originalMessageId,
      enqueuedTimeUtc: utcText(this.#clock.now()),
      statusCode: outcome,
      description: DESCRIPTIONS[outcome] ?? outcome,
      deviceId: of.deviceId,
      deviceGenerationId: of.deviceGenerationId,
    }
    this.#journal.record({ type: 'feedback', record })
    this.#batch.push(record)
    if (this.#batch.length >= LARGEST_BATCH) this.#flush()
    else
      this.#cancelTimer ??= this.#clock.schedule(BATCH_SECONDS * 1000, () => {
        this.#flush()
      })
  }

  /** Drops the records that wait for their batch. */
  clear(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#batch = []
  }

  #flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const batch = this.#batch
    this.#batch = []
    if (batch.length > 0) this.#queue.push(batch)
  }
}
