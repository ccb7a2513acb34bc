/** Journal entries as lines of text and as JSON lines. */

import type { JournalEntry } from '../core/contract/journal.ts'

/** One line of text; undefined for entries that are not printed. The logger prints refusals. */
export function eventLine(entry: JournalEntry): string | undefined {
  const time = timeOf(entry.at)
  switch (entry.type) {
    case 'connected':
      return `${time} ${entry.identity} connected over ${entry.transport}`
    case 'disconnected':
      return `${time} ${entry.identity} disconnected: ${entry.reason}`
    case 'operation':
      return `${time} ${entry.identity} ${entry.operation}`
    case 'delivery':
      return `${time} ${entry.identity} receives ${entry.channel}`
    case 'registration':
      return `${time} ${entry.identity} ${entry.step === 'ended' ? 'registration ended' : entry.step} (provisioning)`
    case 'registry':
      return `${time} ${entry.identity} ${entry.change}`
    case 'fault':
      return `${time} fault ${entry.phase}: ${entry.explain}`
    case 'clock':
      return `${time} clock: ${entry.action}`
    case 'request':
      return `${time} ${entry.caller} ${entry.method} ${entry.url} ${String(entry.status)}`
    default:
      return undefined
  }
}

/** `13:01:55.120`, UTC. @param at epoch ms. */
export function timeOf(at: number): string {
  return new Date(at).toISOString().slice(11, 23)
}

const NOT_PRINTED: readonly JournalEntry['type'][] = ['packet', 'link-opened', 'link-closed']
/** Bodies and documents are left out; `GET /journal` of the control API has them, and the packets. */
const OMITTED: readonly string[] = ['input', 'what']

/** One JSON object; undefined for entries that are not printed. */
export function eventJson(entry: JournalEntry): string | undefined {
  if (NOT_PRINTED.includes(entry.type)) return undefined
  const { type, ...rest } = entry
  return JSON.stringify({ event: type, ...rest }, (name, value: unknown) =>
    OMITTED.includes(name) ? undefined : value,
  )
}
