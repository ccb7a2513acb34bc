/** Counts what the hub and the client do, so that a step can wait for it. */

import { AssertionError } from 'node:assert/strict'
import { HarnessError } from '../../driver/client-driver.ts'

/**
 * Runs a function when nothing happens any more; with an error when that cannot be told. Returns a function that
 * cancels it.
 */
export type WhenStill = (run: (unknown?: HarnessError) => void) => () => void

export class Activity {
  readonly #signal: AbortSignal
  readonly #whenStill: WhenStill
  readonly #waiting = new Set<() => void>()
  #count = 0
  /** Whether something is under way that nothing reports. */
  #isBusy: () => boolean = () => false

  /**
   * @param signal aborts at the end of the scenario.
   * @param whenStill decides when a wait is in vain.
   */
  constructor(signal: AbortSignal, whenStill: WhenStill) {
    this.#signal = signal
    this.#whenStill = whenStill
  }

  /** A number that changes with every action of the hub or the client. */
  readonly count = (): number => {
    if (this.#isBusy()) this.#count++
    return this.#count
  }

  /** @param isBusy whether something is under way that nothing reports, such as a write to a disk. */
  watch(isBusy: () => boolean): void {
    this.#isBusy = isBusy
  }

  /** The hub or the client did something. */
  readonly record = (): void => {
    this.#count++
    for (const wake of [...this.#waiting]) wake()
  }

  /**
   * Waits for a condition that can change only when the hub or the client does something.
   * @param what completes the sentence "… did not happen".
   * @throws AssertionError when nothing happens any more.
   */
  async eventually(condition: () => boolean, what = 'What the step waits for'): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          stopAlarm()
          this.#waiting.delete(done)
          this.#signal.removeEventListener('abort', aborted)
        }
        const done = (): void => {
          leave()
          resolve()
        }
        const aborted = (): void => {
          leave()
          reject(new HarnessError('The scenario has ended'))
        }
        const stopAlarm = this.#whenStill((unknown) => {
          leave()
          reject(
            unknown ?? new AssertionError({ message: `${what} did not happen, and nothing is under way` }),
          )
        })
        this.#waiting.add(done)
        this.#signal.addEventListener('abort', aborted)
      })
    }
  }
}
