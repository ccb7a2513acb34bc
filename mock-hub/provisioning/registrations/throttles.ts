/** Throttles of the service, counted on the hub's clock (DPS-LIM-01). */

import type { Clock } from '../../base/clock.ts'
import { HubError } from '../../core/errors/hub-error.ts'

interface Limit {
  readonly count: number
  readonly windowMs: number
  readonly text: string
}

const REGISTRATIONS: Limit = { count: 1_000, windowMs: 60_000, text: '1000 registrations a minute' }
const OPERATIONS: Limit = { count: 1_000, windowMs: 60_000, text: '1000 operations a minute' }
const POLLS: Limit = { count: 5, windowMs: 10_000, text: '5 polls of a device in 10 s' }

export class Throttles {
  readonly #clock: Clock
  readonly #on: boolean
  /** Times of what was let through, oldest first, by what is counted. */
  readonly #taken = new Map<string, number[]>()

  constructor(clock: Clock, on: boolean) {
    this.#clock = clock
    this.#on = on
  }

  /** @throws HubError GenericTooManyRequests with the seconds to wait. */
  takeRegistration(): void {
    this.#take('registrations', REGISTRATIONS)
  }

  /** @throws HubError GenericTooManyRequests. */
  takePoll(registrationId: string): void {
    this.#take(`polls ${registrationId.toLowerCase()}`, POLLS)
  }

  /** An operation of the service API. @throws HubError GenericTooManyRequests. */
  takeOperation(): void {
    this.#take('operations', OPERATIONS)
  }

  clear(): void {
    this.#taken.clear()
  }

  #take(what: string, { count, windowMs, text }: Limit): void {
    if (!this.#on) return
    const now = this.#clock.now()
    const recent = (this.#taken.get(what) ?? []).filter((at) => now - at < windowMs)
    const [oldest = now] = recent
    if (recent.length >= count) throw tooMany(text, Math.max(1, Math.ceil((oldest + windowMs - now) / 1000)))
    this.#taken.set(what, [...recent, now])
  }
}

function tooMany(expected: string, waitSeconds: number): HubError {
  return new HubError({
    kind: 'GenericTooManyRequests',
    message: 'Too many requests.',
    rule: 'DPS-LIM-01',
    expected: `at most ${expected}`,
    received: 'one more',
    info: { retryAfter: waitSeconds },
  })
}
