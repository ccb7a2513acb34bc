/** Time in scenarios: it passes only when a step says so, and what it sets off is played out before the next step. */

import { performance } from 'node:perf_hooks'
import { ManualClock } from 'mock-iot-hub'

/** Turns of the event loop without a sign of life after which sockets on loopback have nothing more to say. */
const QUIET_TURNS = 20
/** Days pass in about as many steps, so that they do not take minutes; only clients without a link can live so fast. */
const MOST_STEPS = 4_000

/** The suite's time as a hub sees it whose own clock is ahead of everybody else's (negative: behind). */
export class ShiftedClock extends ManualClock {
  readonly #clock: ManualClock
  readonly #aheadMs: number

  constructor(clock: ManualClock, aheadMs: number) {
    super()
    this.#clock = clock
    this.#aheadMs = aheadMs
  }

  override now(): number {
    return this.#clock.now() + this.#aheadMs
  }

  override schedule(ms: number, run: () => void): () => void {
    return this.#clock.schedule(ms, run)
  }
}

/** A number that changes whenever the hub or the client does something. */
export type Activity = () => number

/**
 * Lets everything that is under way come to rest, without time passing. What the event loop has got from sockets is a
 * sign of life too: a TLS handshake takes its turns before hub or client have anything to tell.
 */
export async function settle(activity: Activity): Promise<void> {
  const signs = (): number => activity() + performance.nodeTiming.uvMetricsInfo.events
  let quiet = 0
  let before = signs()
  while (quiet < QUIET_TURNS) {
    await new Promise((resolve) => setImmediate(resolve))
    const now = signs()
    quiet = now === before ? quiet + 1 : 0
    before = now
  }
}

/** What time does to the client under test. */
export interface Surroundings {
  /** Everything under way comes to rest. */
  readonly settle: () => Promise<void>
  /** The client's time is moved along. @returns when the next thing is due there, epoch ms. */
  readonly clientDueAt: () => Promise<number | undefined>
}

/** Lets time pass for the hub and for a client that lives on the same clock; sockets settle whenever something fell due. */
export async function pass(clock: ManualClock, seconds: number, surroundings: Surroundings): Promise<void> {
  await surroundings.settle()
  const end = clock.now() + seconds * 1_000
  const least = seconds <= MOST_STEPS ? 1 : (seconds * 1_000) / MOST_STEPS
  let dueAt = await surroundings.clientDueAt()
  while (clock.now() < end) {
    const next = Math.max(Math.min(clock.nextAt ?? end, dueAt ?? end), clock.now() + least)
    clock.advance(Math.min(next, end) - clock.now())
    dueAt = await surroundings.clientDueAt()
    await surroundings.settle()
  }
}
