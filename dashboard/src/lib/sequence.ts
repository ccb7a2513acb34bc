/** Links and their steps, read from entries of the journal. */

import { lineOf, type Tone } from './entry.ts'
import type { Entry, LiveLink } from './types.ts'

export interface Link {
  readonly linkId: string
  readonly identity: string | undefined
  readonly transport: string
  readonly openedAt: string
  readonly open: boolean
  readonly reason: string | undefined
}

export interface Step {
  readonly entry: Entry
  readonly direction: 'in' | 'out' | 'note'
  readonly label: string
  readonly text: string
  readonly tone: Tone
}

/** The links that entries tell of, newest first. */
export function linksIn(entries: readonly Entry[]): readonly Link[] {
  const links = new Map<string, Link>()
  for (const { linkId, type, time, identity, transport, reason } of entries) {
    if (typeof linkId !== 'string') continue
    const known = links.get(linkId) ?? {
      linkId,
      identity: undefined,
      transport: '',
      openedAt: time,
      open: true,
      reason: undefined,
    }
    links.set(linkId, {
      ...known,
      identity: known.identity ?? identity ?? undefined,
      transport: known.transport === '' && typeof transport === 'string' ? transport : known.transport,
      ...(type === 'link-closed' || type === 'disconnected'
        ? { open: false, reason: typeof reason === 'string' ? reason : undefined }
        : {}),
    })
  }
  return [...links.values()].reverse()
}

/** Links that entries tell of, and those that live and whose beginning the journal no longer has. */
export function allLinks(entries: readonly Entry[], live: readonly LiveLink[]): readonly Link[] {
  const told = linksIn(entries)
  const known = new Set(told.map(({ linkId }) => linkId))
  const older = live.filter(({ linkId }) => !known.has(linkId))
  return [
    ...told,
    ...older.map(({ linkId, identity, transport, connectedTime }) => ({
      ...{ linkId, identity, transport, openedAt: connectedTime },
      ...{ open: true, reason: undefined },
    })),
  ]
}

const NOTES: ReadonlySet<string> = new Set([
  'link-opened',
  'connected',
  'disconnected',
  'link-closed',
  'refusal',
  'fault',
])

/** Packets as arrows, and what else happened on the link as notes. A link without packets (AMQP) shows operations instead. */
export function stepsOf(entries: readonly Entry[], linkId: string | undefined): readonly Step[] {
  const own = entries.filter((entry) => entry.linkId === linkId)
  const packets = own.some(({ type }) => type === 'packet')
  return own.flatMap((entry): readonly Step[] => {
    const { direction, label, text, tone } = lineOf(entry)
    const isArrow = packets
      ? entry.type === 'packet'
      : entry.type === 'operation' || entry.type === 'delivery'
    if (isArrow) return [{ entry, direction: direction ?? 'in', label, text, tone }]
    return NOTES.has(entry.type) ? [{ entry, direction: 'note', label, text, tone }] : []
  })
}
