/** The journal for people (a line each) and for programs (JSON lines): who came and went, what was asked, what was refused. */

import type { JournalEntry } from '../core/contract/journal.ts'

/** Undefined: nothing that a person wants to read (refusals reach people through the logger). */
export function eventLine(entry: JournalEntry): string | undefined {
  const time = new Date(entry.at).toISOString().slice(11, 23)
  switch (entry.type) {
    case 'connected':
      return `${time} ${entry.identity} connected over ${entry.transport}`
    case 'disconnected':
      return `${time} ${entry.identity} disconnected: ${entry.reason}`
    case 'operation':
      return `${time} ${entry.identity} ${entry.operation}`
    case 'delivery':
      return `${time} ${entry.identity} gets ${entry.channel}`
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

const NOT_FOR_LINES: readonly JournalEntry['type'][] = ['packet', 'link-opened', 'link-closed']
/** Bodies and documents: `GET /journal` of the control listener has them, and the packets. */
const BULKY: readonly string[] = ['input', 'what']

/** One JSON object, or undefined for what `GET /journal` alone tells. */
export function eventJson(entry: JournalEntry): string | undefined {
  if (NOT_FOR_LINES.includes(entry.type)) return undefined
  const { type, ...rest } = entry
  return JSON.stringify({ event: type, ...rest }, (name, value: unknown) =>
    BULKY.includes(name) ? undefined : value,
  )
}
