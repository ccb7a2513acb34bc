/** Feedback about cloud-to-device messages, sent to back ends in batches of 64 or every 15 s (docs/contract/cloud-to-device.md). */

import { forPurpose, type Clock } from '../../base/clock.ts'
import type { Commits, StateDocument, StateSource } from '../contract/store/commits.ts'
import type { FeedbackRecord } from '../contract/c2d.ts'
import type { Journal } from '../contract/journal.ts'
import type { PeekLockQueue } from './peek-lock-queue.ts'
import { utcText } from '../../base/time-text.ts'

export type Outcome = FeedbackRecord['statusCode']

const DESCRIPTIONS: Readonly<Partial<Record<Outcome, string>>> = { Rejected: 'Message rejected' }

const LARGEST_BATCH = 64
const BATCH_SECONDS = 15

interface StoredBatch {
  readonly records: readonly FeedbackRecord[]
  /** When the batch goes out at the latest, epoch ms. */
  readonly dueAt: number
}

/** There is one open batch. */
const OPEN = 'open'

export class Feedback implements StateSource<StoredBatch> {
  readonly kind = 'feedbackBatch'
  readonly #commits: Commits
  readonly #clock: Clock
  readonly #journal: Journal
  readonly #queue: PeekLockQueue<readonly FeedbackRecord[]>
  #batch: FeedbackRecord[] = []
  #dueAt = 0
  #cancelTimer: (() => void) | undefined

  constructor(
    clock: Clock,
    journal: Journal,
    queue: PeekLockQueue<readonly FeedbackRecord[]>,
    commits: Commits,
  ) {
    this.#commits = commits
    commits.keep(this)
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
    this.#commits.changed('feedbackBatch', OPEN)
    if (this.#batch.length >= LARGEST_BATCH) this.#flush()
    else if (this.#cancelTimer === undefined) this.#flushAt(this.#clock.now() + BATCH_SECONDS * 1000)
  }

  keys(): Iterable<string> {
    return this.#batch.length === 0 ? [] : [OPEN]
  }

  read(): StoredBatch | undefined {
    return this.#batch.length === 0 ? undefined : { records: this.#batch, dueAt: this.#dueAt }
  }

  load([document]: readonly StateDocument<StoredBatch>[]): void {
    this.clear()
    if (document === undefined) return
    this.#batch = [...document.value.records]
    this.#flushAt(document.value.dueAt)
  }

  /** @param at epoch ms. */
  #flushAt(at: number): void {
    this.#dueAt = at
    const flush = forPurpose({ kind: 'feedback' }, () => {
      this.#flush()
    })
    this.#cancelTimer = this.#clock.schedule(at - this.#clock.now(), flush)
  }

  /** Drops the records that wait for their batch. */
  clear(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#batch = []
    this.#commits.changed('feedbackBatch', OPEN)
  }

  #flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const batch = this.#batch
    this.#batch = []
    this.#commits.changed('feedbackBatch', OPEN)
    if (batch.length > 0) this.#queue.push(batch)
  }
}
