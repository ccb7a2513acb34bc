/** Closes a link that has been silent for 1.5 times its keep-alive (wire contract 1.9), on the hub's clock. */

import type { Clock } from '../base/clock.ts'

/**
 * One timer a link, armed anew only when it fires: ten thousand busy links cost ten thousand entries in the clock
 * and one reading of the time for each chunk they send.
 */
export class KeepAlive {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #onSilence: (silentMs: number) => void
  #heardAt: number
  #cancel: () => void

  /**
   * @param seconds keep-alive of CONNECT; 0 counts as the most there is (WIRE-SESS-09).
   * @param capSeconds most that the hub waits (WIRE-SESS-08).
   */
  constructor(clock: Clock, seconds: number, capSeconds: number, onSilence: (silentMs: number) => void) {
    this.#clock = clock
    this.#limitMs = Math.min(seconds === 0 ? Infinity : seconds * 1.5, capSeconds) * 1000
    this.#onSilence = onSilence
    this.#heardAt = clock.now()
    this.#cancel = this.#wait(this.#limitMs)
  }

  /** Any packet counts (WIRE-SESS-10). */
  heard(): void {
    this.#heardAt = this.#clock.now()
  }

  stop(): void {
    this.#cancel()
  }

  #wait(ms: number): () => void {
    return this.#clock.schedule(ms, () => {
      const silentMs = this.#clock.now() - this.#heardAt
      if (silentMs >= this.#limitMs) this.#onSilence(silentMs)
      else this.#cancel = this.#wait(this.#limitMs - silentMs)
    })
  }
}
