/** What every page shows: the hub, its status each second, and the last minutes of it. */

import { call, messageOf, tokenWanted } from './api.ts'
import { every, now } from './clock.ts'
import type { About, Status } from './types.ts'
import { Value } from './value.ts'

/** Samples that the plots of the overview show: five minutes. */
const KEPT = 300

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

/** The rate between two samples; undefined when the hub started anew between them. */
export function rateBetween(before: Status, later: Status, seconds: number): Omit<Rate, 'at'> | undefined {
  const messages = messagesOf(later) - messagesOf(before)
  const refusals = later.totals.refusals - before.totals.refusals
  if (messages < 0 || refusals < 0 || seconds <= 0) return undefined
  return { messages: messages / seconds, refusals: refusals / seconds }
}

let sampledAt = 0

/** Asks once now. */
export async function refresh(): Promise<void> {
  try {
    if (about.get() === undefined) about.set(await call<About>('GET', '/about?secrets=false'))
    const before = status.get()
    const later = await call<Status>('GET', '/status')
    const at = now()
    const rate = before && rateBetween(before, later, (at - sampledAt) / 1000)
    sampledAt = at
    if (rate !== undefined) rates.set([...rates.get(), { at: at / 1000, ...rate }].slice(-KEPT))
    else if (before !== undefined) about.set(undefined)
    status.set(later)
    unreachable.set(undefined)
  } catch (error) {
    if (!tokenWanted.get()) unreachable.set(messageOf(error))
  }
}

/** Asks each second. @returns stops. */
export function watchHub(): () => void {
  return every(1_000, () => void refresh())
}
