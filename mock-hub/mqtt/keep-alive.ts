/** Closes a connection that has been silent for 1.5 times its keep-alive (WIRE-SESS-07), on the hub's clock. */

import { forPurpose, type Clock, type Purpose } from '../base/clock.ts'

const SILENCE: Purpose = { kind: 'silence' }

/**
 * One timer for each connection, which is set again only when it fires: a chunk of bytes that arrives costs one reading
 * of the time.
 */
export class KeepAlive {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #onSilence: (silentMs: number) => void
  #heardAt: number
  #cancel: () => void

  /**
   * @param seconds keep-alive of CONNECT; 0 means the longest that the hub allows (WIRE-SESS-09).
   * @param capSeconds longest silence that the hub allows (WIRE-SESS-08).
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
    const look = (): void => {
      const silentMs = this.#clock.now() - this.#heardAt
      if (silentMs >= this.#limitMs) this.#onSilence(silentMs)
      else this.#cancel = this.#wait(this.#limitMs - silentMs)
    }
    return this.#clock.schedule(ms, forPurpose(SILENCE, look))
  }
}
