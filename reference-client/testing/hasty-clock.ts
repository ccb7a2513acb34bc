/** A clock for tests of waiting. */

import { type Clock, SystemClock } from '../core/clock.ts'

/** Short waits are over at once and recorded; longer limits end when a test says so. */
export class HastyClock implements Clock {
  readonly waits: number[] = []
  readonly #limits = new Set<{ readonly ms: number; readonly run: () => void }>()
  readonly #now = new SystemClock().now()

  now(): number {
    return this.#now
  }

  schedule(ms: number, run: () => void): () => void {
    const alarm = { ms, run }
    this.#limits.add(alarm)
    if (ms >= 2_000 && ms <= 20_000 && ms !== 5_000) {
      this.waits.push(ms)
      queueMicrotask(() => {
        this.#end(alarm)
      })
    }
    return () => {
      this.#limits.delete(alarm)
    }
  }

  /** The limits of this length are over. */
  expire(ms: number): void {
    for (const alarm of [...this.#limits]) if (alarm.ms === ms) this.#end(alarm)
  }

  #end(alarm: { readonly run: () => void }): void {
    if ([...this.#limits].some((each) => each === alarm)) {
      this.#limits.delete(alarm as never)
      alarm.run()
    }
  }
}
