/** The system clock, for other processes, which the clock of the suite does not control. */

import { AssertionError } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Alarm } from './remote-driver.ts'

/** Runs a function after seconds of real time. */
export const systemAlarm: Alarm = (seconds, run) => {
  const timer = setTimeout(run, seconds * 1_000)
  return () => {
    clearTimeout(timer)
  }
}

/** Waits for milliseconds of real time: for a hub whose clock cannot be controlled. */
export const pause = (ms: number): Promise<void> => sleep(ms)

/** A client that does more than this while the clock stands never comes to rest, for example in an endless reconnect. */
const RESTLESS = 1_000

/**
 * Waits until nothing has changed for `ms` milliseconds of real time.
 * @param activity a number that rises with everything that happens.
 * @throws AssertionError when there is no end to it.
 */
export async function quietFor(ms: number, activity: () => number): Promise<void> {
  const slice = Math.ceil(ms / 4)
  const first = activity()
  let before = first
  let quiet = 0
  while (quiet < ms) {
    await sleep(slice)
    const now = activity()
    if (now - first > RESTLESS)
      throw new AssertionError({
        message: `The client does not come to rest: ${String(now - first)} actions while no time passed`,
      })
    quiet = now === before ? quiet + slice : 0
    before = now
  }
}

/** For the duration and the date of a run. */
export const systemTime = { now: (): number => Date.now() }
