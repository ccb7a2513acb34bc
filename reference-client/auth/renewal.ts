/**
 * Watches the expiry of the token. A new token is due 120 s before the expiry, or after half of the lifetime when that
 * is 240 s or less.
 * Source: docs/contract/client/sas-tokens.md#client-renewal; decision D-32.
 */

import type { Clock } from '../core/clock.ts'
import type { Credentials } from '../core/ports.ts'

const MARGIN_S = 120
const CHECK_S = 60
/** The longest wait on Windows: 2^32 − 1 ms, about 49.7 days (BOTH-ONSAS-03). */
const WINDOWS_LONGEST_S = 4_294_967

export class Renewal {
  readonly #credentials: Credentials
  readonly #clock: Clock
  readonly #due: () => void
  readonly #platform: string
  #stopAlarm: () => void = () => undefined

  /** @param due - called once for each `watch`, when a new token is due. */
  constructor(credentials: Credentials, clock: Clock, due: () => void, platform: string = process.platform) {
    this.#credentials = credentials
    this.#clock = clock
    this.#due = due
    this.#platform = platform
  }

  /** Starts again with the current token. */
  watch(): void {
    this.stop()
    const { expiresAt } = this.#credentials
    if (expiresAt === undefined) return
    const now = this.#clock.now() / 1_000
    const left = expiresAt - now
    const mark = left - (this.#credentials.renew !== undefined && left <= 2 * MARGIN_S ? left / 2 : MARGIN_S)
    this.#waitUntil(now + (this.#platform === 'win32' ? Math.min(mark, WINDOWS_LONGEST_S) : mark))
  }

  /** Checks the time of day once a minute, so that a machine that slept is not late by the length of its sleep. */
  #waitUntil(mark: number): void {
    const left = Math.max(0, mark - this.#clock.now() / 1_000)
    this.#stopAlarm = this.#clock.schedule(
      Math.min(left, CHECK_S) * 1_000,
      () => {
        if (left <= CHECK_S) this.#due()
        else this.#waitUntil(mark)
      },
      true,
    )
  }

  /** The last renewal failed: retries after the pause. */
  again(pauseMs: number): void {
    this.stop()
    this.#stopAlarm = this.#clock.schedule(pauseMs, this.#due, true)
  }

  stop(): void {
    this.#stopAlarm()
  }
}
