/** The system's time, for what lives outside the suite's clock: other processes. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Alarm } from './remote-driver.ts'

/** Runs after so many seconds. */
export const systemAlarm: Alarm = (seconds, run) => {
  const timer = setTimeout(run, seconds * 1_000)
  return () => {
    clearTimeout(timer)
  }
}

/** Comes back after so many milliseconds: for hubs and clients that nobody can wind. */
export const pause = (ms: number): Promise<void> => sleep(ms)

/** Waits until nothing has changed for so many milliseconds of real time. */
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

/** How long a run took, and what day it is. */
export const systemTime = { now: (): number => Date.now() }
