/** A history, or the part of it that shows a violation, as a sequence in text. */

import type { Violation } from './checker.ts'
import type { History, HistoryEvent } from './history.ts'

/** Lines before the one that shows the violation. */
const BEFORE = 40

/** Who acts on whom, and what passes. */
function arrow(event: HistoryEvent): string {
  switch (event.type) {
    case 'offered':
      return `app ─────▶ ${event.device}        send ${event.id}`
    case 'acknowledged':
      return `app ◀───── ${event.device}        acknowledged ${event.id}`
    case 'failed':
      return `app ◀──✗── ${event.device}        unknown ${event.id}`
    case 'stored':
      return `        ${event.device} ─────▶ hub ─────▶ readers   ${event.id}`
    case 'c2d-sent':
      return `        back end ─────▶ hub   ${event.id} for ${event.device}`
    case 'c2d-received':
      return `        ${event.device} ◀───── hub   ${event.id}`
    case 'c2d-settled':
      return `        back end ◀───── hub   ${event.id} ${event.status}`
    case 'desired-set':
      return `        back end ─────▶ hub   desired of ${event.device} is version ${event.version}`
    case 'desired-seen':
      return `        ${event.device} ◀───── hub   desired version ${event.version}`
    case 'reported':
      return `        ${event.device} ─────▶ hub   reported ${event.value}, acknowledged`
    case 'reported-at-end':
      return `        back end ◀───── hub   ${event.device} has reported ${event.value}`
    case 'method-asked':
      return `        back end ─────▶ hub   call ${event.call} of ${event.device}`
    case 'method-received':
      return `        ${event.device} ◀───── hub   call ${event.call}`
    case 'method-result':
      return `        back end ◀───── hub   call ${event.call}: ${event.status}${event.by === undefined ? '' : ` by ${event.by}`}`
    case 'link-up':
      return `        ${event.device} ══════ hub   ${event.link} is up`
    case 'link-down':
      return `        ${event.device} ═══✗══ hub   ${event.link} is down`
    case 'fault':
      return `⚡ ${event.what}`
    case 'quiet':
      return '── all faults are over ──'
  }
}

/** The events of the device of a violation, and the faults, up to the event that shows it. */
export function draw(history: History, { device, index, rule, what }: Violation): string {
  const lines = history
    .slice(0, index + 1)
    .filter(
      (event) => !('device' in event) || event.device === device || event.device === '' || device === '',
    )
    .slice(-BEFORE)
    .map((event) => `${timeText(event.at)}  ${arrow(event)}`)
  return [...lines, `${' '.repeat(14)}▲ ${rule}: ${what}`].join('\n')
}

function timeText(ms: number): string {
  const part = (value: number, digits = 2): string => String(Math.floor(value)).padStart(digits, '0')
  return `${part(ms / 3_600_000)}:${part((ms / 60_000) % 60)}:${part((ms / 1_000) % 60)}.${part(ms % 1_000, 3)}`
}
