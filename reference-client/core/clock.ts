/** Time as a port: all waiting and every reading of the time go through it, so that tests control time. */

/**
 * The time of day, and timers.
 *
 * @example
 * ```ts
 * import { type Clock, IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export function onTestTime(connectionString: string, clock: Clock): IoTHubDeviceClient {
 *   return IoTHubDeviceClient.createFromConnectionString(connectionString, { extensions: { clock } })
 * }
 * ```
 */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /**
   * Calls `run` once, `ms` milliseconds from now.
   * @param background - the timer does not keep the process alive.
   * @returns a function that cancels the timer; it may be called at any time, more than once.
   */
  schedule(ms: number, run: () => void, background?: boolean): () => void
}

/** Runs after the events of this turn of the event loop: a matter of order, not of time. */
export function atEndOfTurn(run: () => void): void {
  setImmediate(run)
}

/** Runs when all promises that can go on have gone on: within this turn, a matter of order as well. */
export function afterPromises(run: () => void): void {
  queueMicrotask(() => {
    process.nextTick(run)
  })
}

/** Node's timers hold 31 bits of milliseconds, about 24.8 days; longer waits are chained. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * The system clock.
 *
 * @example
 * ```ts
 * import { type Clock, SystemClock } from 'mock-iot-hub-client'
 *
 * // A clock that is an hour ahead.
 * export class EarlyClock extends SystemClock implements Clock {
 *   override now(): number {
 *     return super.now() + 3_600_000
 *   }
 * }
 * ```
 */
export class SystemClock implements Clock {
  /** {@inheritDoc Clock.now} */
  now(): number {
    return Date.now()
  }

  /** {@inheritDoc Clock.schedule} */
  schedule(ms: number, run: () => void, background = false): () => void {
    let left = Math.max(0, ms)
    let timer: NodeJS.Timeout
    const start = () => {
      const leg = Math.min(left, LONGEST_TIMER_MS)
      left -= leg
      timer = setTimeout(() => {
        if (left > 0) start()
        else run()
      }, leg)
      if (background) timer.unref()
    }
    start()
    return () => {
      clearTimeout(timer)
    }
  }
}
