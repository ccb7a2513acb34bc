/**
 * Time that passes only when nothing is under way: bench, hub and a simulated device in this process share it, so that a run of
 * an hour takes a minute. The hub has a clock of its own, which provocations move.
 */

import { ManualClock } from 'mock-iot-hub'
import { happened, settle } from '../../world/time/clock.ts'

export class VirtualTime {
  readonly bench = new ManualClock()
  readonly hub = new ManualClock()
  #count = 0
  #held = 0

  /** Something has happened that the event loop does not show. */
  readonly touch = (): void => {
    this.#count++
  }

  /** No time passes until it is settled: for what the event loop does not show, such as datagrams. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held++
    try {
      return await work
    } finally {
      this.#held--
      this.touch()
    }
  }

  /** Lets time pass while a run goes on. @returns what it returns. */
  async during<T>(run: Promise<T>): Promise<T> {
    let isOver = false
    const outcome = run.finally(() => {
      isOver = true
    })
    outcome.catch(() => undefined)
    const activity = (): number => this.#count
    let moment: number | undefined
    for (;;) {
      await settle(activity, moment, () => isOver)
      // Changed by a callback meanwhile.
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
      if (isOver) return outcome
      if (this.#held > 0) continue
      moment = happened(activity)
      this.#step()
    }
  }

  /** To the next timer of either clock. */
  #step(): void {
    const { bench, hub } = this
    const ahead = hub.now() - bench.now()
    const next = Math.min(bench.nextAt ?? Infinity, hub.nextAt === undefined ? Infinity : hub.nextAt - ahead)
    if (next === Infinity)
      throw new Error('nothing is under way, and no timer is armed: the run would never end')
    const by = Math.max(1, next - bench.now())
    // The hub first: what it sends now the device finds when its own timers run.
    hub.advance(by)
    bench.advance(by)
  }
}
