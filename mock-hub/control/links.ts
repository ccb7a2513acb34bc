/** The live link of each identity, as the journal tells of it. */

import type { Hub } from '../core/contract/hub.ts'
import type { JournalEntry } from '../core/contract/journal.ts'
import type { Transport } from '../core/contract/principal.ts'

export interface LiveLink {
  readonly linkId: string
  readonly transport: Transport
}

export interface Links {
  /** The link of `{deviceId}` or `{deviceId}/{moduleId}`; undefined: it has none. */
  of(identity: string): LiveLink | undefined
  stop(): void
}

/** Follows the journal from what it has kept. */
export function followLinks({ journal }: Pick<Hub, 'journal'>): Links {
  const live = new Map<string, LiveLink>()
  const look = (entry: JournalEntry): void => {
    if (entry.type === 'connected') live.set(entry.identity, entry)
    // A link that was taken over ends after the one that took over begins.
    else if (entry.type === 'disconnected' && live.get(entry.identity)?.linkId === entry.linkId)
      live.delete(entry.identity)
  }
  for (const entry of journal.entries) look(entry)
  const stop = journal.subscribe(look)
  return {
    of: (identity) => {
      const link = live.get(identity)
      return link && { linkId: link.linkId, transport: link.transport }
    },
    stop,
  }
}
