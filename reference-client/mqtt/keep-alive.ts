/**
 * The keep-alive timer of mqtt.js on the clock of the client. mqtt.js expects a timer that ticks every half interval;
 * it pings at the second tick, closes the connection at the third, and starts a new timer at each acknowledgement. The
 * third tick comes at twice the interval, when the Python SDK detects a dead peer (SRC-29). A new timer reuses the
 * scheduled alarm, which checks the clock when it is due.
 */

import type { IClientOptions } from 'mqtt'
import { atEndOfTurn, type Clock, SystemClock } from '../core/clock.ts'

/** The ticks, in half intervals from the start of the timer. */
const TICKS = [1, 2, 4]
/** After this many ticks, the next one closes the connection. */
const LAST = 2
/** Time for the response to a ping after a jump of the clock, as when a machine wakes up; real milliseconds. */
const GRACE_MS = 250
const REAL_TIME = new SystemClock()

interface Watch {
  readonly startedAt: number
  readonly halfMs: number
  readonly tick: () => void
  ticks: number
}

export class KeepAlive {
  readonly #clock: Clock
  #watch: Watch | undefined
  #stopAlarm: (() => void) | undefined
  #stopGrace: () => void = () => undefined
  /** The event loop has run since the last ping. */
  #answerable = true

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The timer in the form that mqtt.js expects. */
  get timer(): Exclude<NonNullable<IClientOptions['timerVariant']>, string> {
    return {
      set: (tick: () => void, halfMs: number) => {
        this.#watch = { startedAt: this.#clock.now(), halfMs, tick, ticks: 0 }
        this.#stopAlarm ??= this.#clock.schedule(halfMs, this.#due)
        return 1
      },
      clear: () => {
        this.#watch = undefined
      },
    }
  }

  /** The connection is over. */
  stop(): void {
    this.#watch = undefined
    this.#stopAlarm?.()
    this.#stopGrace()
    this.#stopAlarm = undefined
  }

  readonly #due = () => {
    this.#stopAlarm = undefined
    const watch = this.#watch
    if (watch === undefined) return
    const left = dueAt(watch) - this.#clock.now()
    if (left > 0) {
      this.#stopAlarm = this.#clock.schedule(left, this.#due)
      return
    }
    if (watch.ticks === LAST && !this.#answerable) {
      // The clock has jumped: the peer had no chance to respond, and gets one.
      this.#stopGrace = REAL_TIME.schedule(GRACE_MS, () => {
        if (this.#watch === watch) this.#tick(watch)
      })
      return
    }
    this.#tick(watch)
  }

  #tick(watch: Watch): void {
    watch.ticks += 1
    if (watch.ticks === LAST) {
      this.#answerable = false
      atEndOfTurn(() => {
        this.#answerable = true
      })
    }
    watch.tick()
    const current = this.#watch
    if (current === undefined || dueAt(current) === Infinity) return
    this.#stopAlarm ??= this.#clock.schedule(Math.max(0, dueAt(current) - this.#clock.now()), this.#due)
  }
}

/** When the next tick is due. */
function dueAt(watch: Watch): number {
  return watch.startedAt + (TICKS[watch.ticks] ?? Infinity) * watch.halfMs
}
