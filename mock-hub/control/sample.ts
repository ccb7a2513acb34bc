/**
 * A reader that only looks can ask for a sample: of what there is much of (packets, operations, deliveries, requests) it
 * gets at most so many entries a second, and a note that says how many were left out. Everything else it gets in full.
 */

import { HubClock, type Clock } from '../base/clock.ts'
import type { JournalEntry } from '../core/contract/journal.ts'

/** Short windows spread what is shown over the second. */
const WINDOWS_A_SECOND = 10
const PLENTIFUL: ReadonlySet<JournalEntry['type']> = new Set(['packet', 'operation', 'delivery', 'request'])

/** What was left out since the last note. */
export interface LeftOut {
  readonly leftOut: number
  /** Seq of the newest entry that was left out. */
  readonly seq: number
}

export class Sample {
  readonly #perWindow: number
  readonly #note: (left: LeftOut) => void
  /** Of the system: how much a reader can read does not change when the hub's clock is wound. */
  readonly #clock: Clock
  #inWindow = 0
  #leftOut = 0
  #lastSeq = 0
  #cancel: (() => void) | undefined

  /**
   * @param perSecond entries a second that are let through, at least 10.
   * @param note receives what was left out, at the end of each window in which something was.
   * @param clock default: that of the system.
   */
  constructor(perSecond: number, note: (left: LeftOut) => void, clock: Clock = new HubClock()) {
    this.#perWindow = Math.max(1, Math.round(perSecond / WINDOWS_A_SECOND))
    this.#note = note
    this.#clock = clock
  }

  /** Whether an entry is in the sample; counts it otherwise. */
  takes({ type, seq }: JournalEntry): boolean {
    if (!PLENTIFUL.has(type)) return true
    this.#cancel ??= this.#clock.schedule(1_000 / WINDOWS_A_SECOND, () => {
      this.#endWindow()
    })
    if (this.#inWindow < this.#perWindow) {
      this.#inWindow++
      return true
    }
    this.#leftOut++
    this.#lastSeq = seq
    return false
  }

  stop(): void {
    this.#cancel?.()
  }

  #endWindow(): void {
    this.#cancel = undefined
    this.#inWindow = 0
    if (this.#leftOut === 0) return
    const left = { leftOut: this.#leftOut, seq: this.#lastSeq }
    this.#leftOut = 0
    this.#note(left)
  }
}
