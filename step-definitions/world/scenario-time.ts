/** The time of a scenario: it passes only in steps, for the hub and for clients that follow the clock of the suite. */

import type { ManualClock } from 'mock-iot-hub'
import type { ClientUnderTest } from '../driver/client-under-test.ts'
import type { Activity } from './activity.ts'
import { happened, pass, settle } from './clock.ts'
import { NotSupported } from './errors.ts'

/** The most seconds that may pass for a client with its own clock: only the hub's clock moves. */
const REAL_SECONDS = 1

export class ScenarioTime {
  readonly #clock: ManualClock
  readonly #activity: Activity
  readonly #driver: () => ClientUnderTest

  constructor(clock: ManualClock, activity: Activity, driver: () => ClientUnderTest) {
    this.#clock = clock
    this.#activity = activity
    this.#driver = driver
  }

  /** Waits until hub and client are idle; no time passes. @param since see {@link settle} of the clock. */
  async settle(since?: number): Promise<void> {
    await settle(this.#activity.count, since)
    await this.#driver().rest(this.#activity.count)
  }

  /** Lets time pass. @throws NotSupported when the client cannot follow the clock of the suite. */
  async pass(seconds: number): Promise<void> {
    const driver = this.#driver()
    if (driver.hello.clock === 'real' && seconds > REAL_SECONDS)
      throw new NotSupported(
        `time: the client cannot follow the clock of the suite for ${String(seconds)} seconds`,
      )
    await pass(this.#clock, seconds, {
      settle: (since) => this.settle(since),
      moment: () => happened(this.#activity.count),
      clientDueAt: () => driver.follow(this.#clock),
    })
  }
}
