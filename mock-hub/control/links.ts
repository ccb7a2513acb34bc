/** The live link of each identity, as the journal tells of it. */

import type { Hub } from '../core/contract/hub.ts'
import type { JournalEntry } from '../core/contract/journal.ts'
import type { Transport } from '../core/contract/principal.ts'

export interface LiveLink {
  readonly linkId: string
  readonly transport: Transport
  /** When it was connected, epoch ms of the hub's clock. */
  readonly at: number
}

export interface Links {
  /** The link of `{deviceId}` or `{deviceId}/{moduleId}`; undefined: it has none. */
  of(identity: string): LiveLink | undefined
  /** All that live, with their identities, newest first. */
  list(): readonly (LiveLink & { readonly identity: string })[]
  stop(): void
}

/** Follows the journal from what it has kept. */
export function followLinks({ journal }: Pick<Hub, 'journal'>): Links {
  const live = new Map<string, LiveLink>()
  const look = (entry: JournalEntry): void => {
    if (entry.type === 'connected') {
      const { identity, linkId, transport, at } = entry
      // Where the newest stands at the end.
      live.delete(identity)
      live.set(identity, { linkId, transport, at })
    }
    // A link that was taken over ends after the one that took over begins.
    else if (entry.type === 'disconnected' && live.get(entry.identity)?.linkId === entry.linkId)
      live.delete(entry.identity)
  }
  for (const entry of journal.entries) look(entry)
  const stop = journal.subscribe(look)
  return {
    of: (identity) => live.get(identity),
    list: () => [...live].map(([identity, link]) => ({ identity, ...link })).reverse(),
    stop,
  }
}
