/** Time in scenarios: it passes only in steps, and everything that it triggers completes before the next step. */

import { performance } from 'node:perf_hooks'
import { ManualClock } from 'mock-iot-hub'

/** After this many turns of the event loop without activity, the sockets on loopback are idle. */
const QUIET_TURNS = 20
/** The most steps in which time passes, so that days take seconds; only a client without a connection can follow. */
const MAX_STEPS = 4_000

/** The clock of a hub that is ahead of the clock of the suite (negative: behind). */
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

/** Returns a number that changes with every action of the hub or the client. */
type ActivityCount = () => number

/**
 * Waits until hub and client are idle; no time passes. Events of sockets count as activity too: a TLS handshake takes
 * turns of the event loop before the hub or the client records anything.
 */
export async function settle(activity: ActivityCount): Promise<void> {
  const total = (): number => activity() + performance.nodeTiming.uvMetricsInfo.events
  let quiet = 0
  let before = total()
  while (quiet < QUIET_TURNS) {
    await new Promise((resolve) => setImmediate(resolve))
    const now = total()
    quiet = now === before ? quiet + 1 : 0
    before = now
  }
}

/** The client under test, as far as time concerns it. */
export interface TimedClient {
  /** Waits until it is idle. */
  readonly settle: () => Promise<void>
  /** Moves its clock to the time of the suite. @returns when its next timer is due, in epoch milliseconds. */
  readonly clientDueAt: () => Promise<number | undefined>
}

/** Lets time pass for the hub and for a client on the same clock; waits for the sockets after each timer. */
export async function pass(clock: ManualClock, seconds: number, client: TimedClient): Promise<void> {
  await client.settle()
  const end = clock.now() + seconds * 1_000
  const minimumMs = seconds <= MAX_STEPS ? 1 : (seconds * 1_000) / MAX_STEPS
  let dueAt = await client.clientDueAt()
  while (clock.now() < end) {
    const next = Math.max(Math.min(clock.nextAt ?? end, dueAt ?? end), clock.now() + minimumMs)
    clock.advance(Math.min(next, end) - clock.now())
    await client.clientDueAt()
    await client.settle()
    // Asked again: what the client did meanwhile, such as a refused connection attempt, may have armed a timer.
    dueAt = await client.clientDueAt()
  }
}
