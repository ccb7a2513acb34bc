/** The system clock, for other processes, which the clock of the suite does not control. */

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

/** Waits until nothing has changed for `ms` milliseconds of real time. */
export async function quietFor(ms: number, activity: () => number): Promise<void> {
  const slice = Math.ceil(ms / 4)
  let before = activity()
  let quiet = 0
  while (quiet < ms) {
    await sleep(slice)
    const now = activity()
    quiet = now === before ? quiet + slice : 0
    before = now
  }
}

/** For the duration and the date of a run. */
export const systemTime = { now: (): number => Date.now() }
