/** The time of a scenario: it passes only in steps, for the hub and for clients that follow the clock of the suite. */

import type { ManualClock } from 'mock-iot-hub'
import type { ClientUnderTest } from '../../driver/client-under-test.ts'
import type { Activity } from './activity.ts'
import { happened, pass, passReally, settle } from './clock.ts'
import { NotSupported } from '../errors.ts'

/** The most seconds that may pass for a client with its own clock: only the hub's clock moves. */
const REAL_SECONDS = 1
/** The most seconds of real time that a scenario which is asked of clients in any language may take at once. */
export const MOST_REAL_SECONDS = 60
/** {@link ScenarioTime.passUntil} looks after 1, 1, 2, 4, 8 … seconds: few looks for a long wait. */
const FIRST_LOOK_SECONDS = 1

export class ScenarioTime {
  readonly #clock: ManualClock
  readonly #activity: Activity
  readonly #driver: () => ClientUnderTest
  readonly #reallyPasses: () => boolean

  /** @param reallyPasses whether seconds of real time are spent on a client that has a clock of its own. */
  constructor(
    clock: ManualClock,
    activity: Activity,
    driver: () => ClientUnderTest,
    reallyPasses: () => boolean,
  ) {
    this.#clock = clock
    this.#activity = activity
    this.#driver = driver
    this.#reallyPasses = reallyPasses
  }

  /** Waits until hub and client are idle; no time passes. @param since see {@link settle} of the clock. */
  async settle(since?: number): Promise<void> {
    await settle(this.#activity.count, since)
    await this.#driver().rest(this.#activity.count)
  }

  /** Lets time pass. @throws NotSupported when the client cannot follow the clock of the suite. */
  async pass(seconds: number): Promise<void> {
    const driver = this.#driver()
    const settle = (since?: number): Promise<void> => this.settle(since)
    if (driver.hello.clock === 'real') {
      if (this.#reallyPasses() && seconds <= MOST_REAL_SECONDS) {
        await passReally(this.#clock, seconds, this.#activity.count)
        await settle()
        return
      }
      if (seconds > REAL_SECONDS)
        throw new NotSupported(
          `time: the client cannot follow the clock of the suite for ${String(seconds)} seconds`,
        )
    }
    await pass(this.#clock, seconds, {
      settle,
      moment: () => happened(this.#activity.count),
      clientDueAt: () => driver.follow(this.#clock),
    })
  }

  /** Whether so much real time is not spent on this client. */
  isTooLong(seconds: number): boolean {
    return this.#driver().hello.clock === 'real' && seconds > MOST_REAL_SECONDS
  }

  /** Lets time pass until a condition holds, up to these seconds. */
  async passUntil(seconds: number, condition: () => boolean): Promise<void> {
    const most = this.#driver().hello.clock === 'real' ? Math.min(seconds, MOST_REAL_SECONDS) : seconds
    await this.settle()
    for (let passed = 0; passed < most && !condition();) {
      const next = Math.min(Math.max(passed, FIRST_LOOK_SECONDS), most - passed)
      await this.pass(next)
      passed += next
    }
  }
}
