/** What every page shows: the hub, its status each second, and the last minutes of it. */

import { call, messageOf, tokenWanted } from './api.ts'
import { every, now } from './clock.ts'
import type { About, Status } from './types.ts'
import { Value } from './value.ts'

/** Samples that the plots of the overview show: five minutes. */
const KEPT = 300
const SHORTEST_MS = 500

/** Rates since the sample before. */
export interface Rate {
  /** Epoch seconds of the browser. */
  readonly at: number
  readonly messages: number
  readonly refusals: number
}

export const about = new Value<About | undefined>(undefined)
export const status = new Value<Status | undefined>(undefined)
export const rates = new Value<readonly Rate[]>([])
/** Why the hub cannot be reached. */
export const unreachable = new Value<string | undefined>(undefined)

/** Messages of devices and to devices. */
export function messagesOf({ totals }: Status): number {
  return (totals.operations['telemetry'] ?? 0) + totals.deliveries
}

interface Sampled {
  /** Epoch milliseconds of the browser. */
  readonly at: number
  readonly status: Status
}

/** The rate between two samples. */
export function rateBetween(before: Sampled, later: Sampled): Rate {
  const seconds = (later.at - before.at) / 1000
  return {
    at: later.at / 1000,
    messages: (messagesOf(later.status) - messagesOf(before.status)) / seconds,
    refusals: (later.status.totals.refusals - before.status.totals.refusals) / seconds,
  }
}

let sampled: Sampled | undefined

/** A button asks between two ticks: a rate over some milliseconds says nothing. */
function sample(later: Sampled): void {
  if (sampled !== undefined && later.at - sampled.at < SHORTEST_MS) return
  if (sampled?.status.journal.id === later.status.journal.id)
    rates.set([...rates.get(), rateBetween(sampled, later)].slice(-KEPT))
  sampled = later
}

async function ask(): Promise<void> {
  try {
    const later = await call<Status>('GET', '/status')
    if (status.get()?.journal.id !== later.journal.id)
      about.set(await call<About>('GET', '/about?secrets=false'))
    sample({ at: now(), status: later })
    status.set(later)
    unreachable.set(undefined)
  } catch (error) {
    if (!tokenWanted.get()) unreachable.set(messageOf(error))
  }
}

let last = Promise.resolve()
let asking = 0

/** Asks now, after a question that is under way: the answer has what the caller has just changed. */
export async function refresh(): Promise<void> {
  asking++
  last = last.then(ask)
  await last
  asking--
}

/** Asks each second, unless the hub has not answered yet. @returns stops. */
export function watchHub(): () => void {
  return every(1_000, () => {
    if (asking === 0) void refresh()
  })
}
