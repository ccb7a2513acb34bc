/** Time in scenarios: it passes only when a step says so, and what it sets off is played out before the next step. */

import type { ManualClock } from '../mock-hub/index.ts'

/** Turns of the event loop without a sign of life after which sockets on loopback have nothing more to say. */
const QUIET_TURNS = 50
/** Days pass in about as many steps, so that they do not take minutes; only clients without a link can live so fast. */
const MOST_STEPS = 4_000

/** A number that changes whenever the hub or the client does something. */
export type Activity = () => number

/** Lets everything that is under way come to rest, without time passing. */
export async function settle(activity: Activity): Promise<void> {
  let quiet = 0
  let before = activity()
  while (quiet < QUIET_TURNS) {
    await new Promise((resolve) => setImmediate(resolve))
    const now = activity()
    quiet = now === before ? quiet + 1 : 0
    before = now
  }
}

/** Lets time pass for the hub and for a client that lives on the same clock; sockets settle whenever something fell due. */
export async function pass(clock: ManualClock, seconds: number, activity: Activity): Promise<void> {
  await settle(activity)
  const end = clock.now() + seconds * 1_000
  const least = seconds <= MOST_STEPS ? 1 : (seconds * 1_000) / MOST_STEPS
  while (clock.now() < end) {
    const next = Math.max(clock.nextAt ?? end, clock.now() + least)
    clock.advance(Math.min(next, end) - clock.now())
    await settle(activity)
  }
}
