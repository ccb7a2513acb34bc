/** Counts what the hub and the client do, so that a step can wait for it. */

import { HarnessError } from '../driver/client-driver.ts'

export class Activity {
  readonly #signal: AbortSignal
  readonly #whenLate: (run: () => void) => () => void
  readonly #waiting = new Set<() => void>()
  #count = 0

  /**
   * @param signal aborts at the end of the scenario.
   * @param whenLate runs a function when the client has used up its real time; returns a function that cancels it.
   */
  constructor(signal: AbortSignal, whenLate: (run: () => void) => () => void) {
    this.#signal = signal
    this.#whenLate = whenLate
  }

  /** A number that changes with every action of the hub or the client. */
  readonly count = (): number => this.#count

  /** The hub or the client did something. */
  record(): void {
    this.#count++
    for (const wake of [...this.#waiting]) wake()
  }

  /**
   * Waits for a condition that can change only when the hub or the client does something. @throws Error when it is
   * late.
   */
  async eventually(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        const stopAlarm = this.#whenLate(() => {
          reject(new Error('Timed out waiting for the condition'))
        })
        const done = (): void => {
          stopAlarm()
          this.#waiting.delete(done)
          this.#signal.removeEventListener('abort', aborted)
          resolve()
        }
        const aborted = (): void => {
          this.#waiting.delete(done)
          reject(new HarnessError('The scenario has ended'))
        }
        this.#waiting.add(done)
        this.#signal.addEventListener('abort', aborted)
      })
    }
  }
}
