/**
 * mqtt.js's keep-alive on our clock. It asks for a timer that ticks every half interval, pings at the second tick and
 * gives the connection up at the third; it starts a new timer at each acknowledgement. The third tick is put at twice
 * the interval, where the original notices a dead peer (SRC-29). A new timer costs no alarm: the one that runs looks at
 * the clock when it rings.
 */

import type { IClientOptions } from 'mqtt'
import type { Clock } from '../core/clock.ts'

/** When the ticks come, in half intervals from the start of the timer. */
const TICKS = [1, 2, 4]

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
    this.#stopAlarm = undefined
  }

  readonly #ring = () => {
    this.#stopAlarm = undefined
    const watch = this.#watch
    if (watch === undefined) return
    const next = TICKS[watch.ticks] ?? Infinity
    const left = watch.startedAt + next * watch.halfMs - this.#clock.now()
    if (left > 0) {
      this.#stopAlarm = this.#clock.schedule(left, this.#ring)
      return
    }
    watch.ticks += 1
    watch.tick()
    const current = this.#watch
    if (current === undefined) return
    const due = current.startedAt + (TICKS[current.ticks] ?? Infinity) * current.halfMs
    if (due !== Infinity) {
      this.#stopAlarm ??= this.#clock.schedule(Math.max(0, due - this.#clock.now()), this.#ring)
    }
  }
}
