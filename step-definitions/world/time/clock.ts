/** Time in scenarios: it passes only in steps, and everything that it triggers completes before the next step. */

import { AssertionError } from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { ManualClock } from 'mock-iot-hub'
import { pause, systemAlarm, systemTime } from '../../driver/clock.ts'
import { isCryptoUnderWay } from './crypto-work.ts'

/** After this many turns of the event loop without activity, the sockets on loopback are idle. */
const QUIET_TURNS = 20
/** As many when nothing has happened since a known moment: a timer that sends something shows within these. */
const QUIET_TURNS_OF_NOTHING = 4
/** After as many milliseconds without activity a wait may be in vain; only such a wait takes them. */
const STILL_MS = 250
/** Work outside the event loop, which ends with an event: names are resolved, files read, connections opened. */
const REQUESTS = /^(GetAddrInfo|GetNameInfo|FSReq|TCPConnect|PipeConnect)/
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
 * @param since what {@link happened} gave at a moment when all was idle: when nothing has happened since, this is quick.
 * @param isCancelled ends the wait early.
 */
export async function settle(
  activity: ActivityCount,
  since?: number,
  isCancelled: () => boolean = () => false,
): Promise<void> {
  let quiet = 0
  let before = happened(activity)
  while (
    !isCancelled() &&
    (quiet < (before === since ? QUIET_TURNS_OF_NOTHING : QUIET_TURNS) || hasRequests())
  ) {
    await new Promise((resolve) => setImmediate(resolve))
    const now = happened(activity)
    quiet = now === before ? quiet + 1 : 0
    before = now
  }
}

function hasRequests(): boolean {
  return isCryptoUnderWay() || process.getActiveResourcesInfo().some((name) => REQUESTS.test(name))
}

/** A number that changes with everything that happens in this process, events of sockets included. */
export function happened(activity: ActivityCount): number {
  return activity() + performance.nodeTiming.uvMetricsInfo.events
}

/**
 * Runs a function when nothing has been under way in this process for a quarter of a second: what has not happened by
 * then does not happen unless time passes. A busy machine cannot mislead it, because what was sent lies in a socket of this process.
 * @returns a function that cancels it.
 */
export function whenStill(activity: ActivityCount, run: () => void): () => void {
  let isCancelled = false
  let stopAlarm = (): void => undefined
  const watch = (): void => {
    // A busy machine may keep a packet on loopback for longer than some turns of the event loop take.
    const before = happened(activity)
    stopAlarm = systemAlarm(STILL_MS / 1_000, () => {
      void settle(activity, undefined, () => isCancelled).then(() => {
        if (isCancelled) return
        if (happened(activity) === before) run()
        else watch()
      })
    })
  }
  watch()
  return () => {
    isCancelled = true
    stopAlarm()
  }
}

/** How finely real time passes, in milliseconds. */
const SLICE_MS = 100

/** Lets real time pass, for a client with a clock of its own; the clock of the hub goes with it. */
export async function passReally(
  clock: ManualClock,
  seconds: number,
  activity: ActivityCount,
): Promise<void> {
  await settle(activity)
  const end = clock.now() + seconds * 1_000
  for (let before = systemTime.now(); clock.now() < end;) {
    await pause(Math.min(SLICE_MS, end - clock.now()))
    const now = systemTime.now()
    clock.advance(Math.max(0, Math.min(now - before, end - clock.now())))
    before = now
    await settle(activity)
  }
}

/** The client under test, as far as time concerns it. */
export interface TimedClient {
  /** Waits until it is idle; quick when nothing has happened since a moment. */
  readonly settle: (since?: number) => Promise<void>
  /** The moment: see {@link happened}. */
  readonly moment: () => number
  /** Moves its clock to the time of the suite. @returns when its next timer is due, in epoch milliseconds. */
  readonly clientDueAt: () => Promise<number | undefined>
}

/** A client whose next timer is due at once so many times in a row has timers without an end. */
const RESTLESS = 30

/**
 * Lets time pass for the hub and for a client on the same clock; waits for the sockets after each timer.
 * @throws AssertionError when the timers of the client have no end.
 */
export async function pass(clock: ManualClock, seconds: number, client: TimedClient): Promise<void> {
  await client.settle()
  const end = clock.now() + seconds * 1_000
  const minimumMs = seconds <= MAX_STEPS ? 1 : (seconds * 1_000) / MAX_STEPS
  let dueAt = await client.clientDueAt()
  let dueAtOnce = 0
  while (clock.now() < end) {
    const next = Math.max(Math.min(clock.nextAt ?? end, dueAt ?? end), clock.now() + minimumMs)
    const moment = client.moment()
    clock.advance(Math.min(next, end) - clock.now())
    await client.clientDueAt()
    await client.settle(moment)
    // Asked again: what the client did meanwhile, such as a refused connection attempt, may have armed a timer.
    dueAt = await client.clientDueAt()
    dueAtOnce = dueAt !== undefined && dueAt <= clock.now() ? dueAtOnce + 1 : 0
    if (dueAtOnce > RESTLESS)
      throw new AssertionError({
        message: `The client does not come to rest: its next timer was due at once ${String(RESTLESS)} times in a row`,
      })
  }
}
