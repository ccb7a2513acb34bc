/** A clock that moves only when a test advances it. */

import type { Clock } from '../core/clock.ts'

interface Alarm {
  readonly at: number
  readonly run: () => void
}

export class ManualClock implements Clock {
  #now: number
  #alarms: Alarm[] = []

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  schedule(ms: number, run: () => void): () => void {
    const alarm = { at: this.#now + Math.max(0, ms), run }
    this.#alarms.push(alarm)
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm)
    }
  }

  /** Advances the time by milliseconds; runs each due timer at its own time, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#alarms.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#alarms = this.#alarms.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = end
  }

  /** The scheduled timers, soonest first, in milliseconds from now. */
  get pending(): number[] {
    return this.#alarms.map(({ at }) => at - this.#now).sort((a, b) => a - b)
  }
}
