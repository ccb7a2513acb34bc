/**
 * mqtt.js's keep-alive on our clock. It asks for a timer that ticks every half interval, pings at the second tick and
 * gives the connection up at the third; it starts a new timer at each acknowledgement. The third tick is put at twice
 * the interval, where the original notices a dead peer (SRC-29). A new timer costs no alarm: the one that runs looks at
 * the clock when it rings.
 */

import type { IClientOptions } from 'mqtt'
import { atEndOfTurn, type Clock, SystemClock } from '../core/clock.ts'

/** When the ticks come, in half intervals from the start of the timer. */
const TICKS = [1, 2, 4]
/** Ticks so far when the one to come gives the connection up. */
const LAST = 2
/** For the answer to a ping after time has jumped, as when a machine wakes up; real milliseconds. */
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
  /** The event loop has turned since the last ping. */
  #answerable = true

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What mqtt.js wants. */
  get timer(): Exclude<NonNullable<IClientOptions['timerVariant']>, string> {
    return {
      set: (tick: () => void, halfMs: number) => {
        this.#watch = { startedAt: this.#clock.now(), halfMs, tick, ticks: 0 }
        this.#stopAlarm ??= this.#clock.schedule(halfMs, this.#ring)
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

  readonly #ring = () => {
    this.#stopAlarm = undefined
    const watch = this.#watch
    if (watch === undefined) return
    const left = dueAt(watch) - this.#clock.now()
    if (left > 0) {
      this.#stopAlarm = this.#clock.schedule(left, this.#ring)
      return
    }
    if (watch.ticks === LAST && !this.#answerable) {
      // Time has jumped: the peer had no chance to answer, and gets one.
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
    this.#stopAlarm ??= this.#clock.schedule(Math.max(0, dueAt(current) - this.#clock.now()), this.#ring)
  }
}

/** When the next tick is due. */
function dueAt(watch: Watch): number {
  return watch.startedAt + (TICKS[watch.ticks] ?? Infinity) * watch.halfMs
}
