/** The journal: one entry for each thing that happened. */

import type { Channel } from './sessions.ts'
import type { Explanation } from '../errors/hub-error.ts'
import type { FeedbackRecord } from './c2d.ts'
import type { OperationKind } from './operations.ts'
import type { RegistryChange } from './registry.ts'
import type { Transport } from './principal.ts'

/** What a client agreed to in its TLS handshake. */
export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly version: string
  /** Server Name Indication; undefined: it named none. */
  readonly serverName: string | undefined
  /** An earlier session was taken up again. */
  readonly resumed: boolean
}

/** One thing that happened. The journal is the single record: logs, tail, reports, waits and verdicts read it. */
export type JournalEvent =
  | {
      readonly type: 'link-opened'
      readonly linkId: string
      readonly transport: Transport
      readonly peer: string
      /** Left out where there is no TLS. */
      readonly tls?: TlsFacts
    }
  | {
      readonly type: 'link-closed'
      readonly linkId: string
      readonly identity?: string
      readonly reason: string
    }
  /** An MQTT packet as it passed the tap. `packet` is what mqtt-packet makes of it; payloads stay Buffers. */
  | {
      readonly type: 'packet'
      readonly linkId: string
      readonly identity?: string
      readonly direction: 'in' | 'out'
      readonly cmd: string
      readonly packet: object
    }
  | {
      readonly type: 'connected'
      readonly linkId: string
      readonly identity: string
      readonly transport: Transport
    }
  | {
      readonly type: 'disconnected'
      readonly linkId: string
      readonly identity: string
      readonly reason: string
    }
  | {
      readonly type: 'operation'
      readonly identity: string
      readonly transport: Transport
      readonly linkId?: string
      readonly operation: OperationKind
      readonly input: unknown
    }
  | {
      readonly type: 'delivery'
      readonly identity: string
      readonly linkId?: string
      readonly channel: Channel
      readonly what: unknown
    }
  | {
      readonly type: 'request'
      readonly method: string
      readonly url: string
      readonly status: number
      readonly caller: string
    }
  | {
      readonly type: 'refusal'
      readonly identity?: string
      readonly linkId?: string
      readonly transport: Transport
      readonly error: string
      readonly code: number
      readonly explanation: Explanation
    }
  | { readonly type: 'registry'; readonly change: RegistryChange['type']; readonly identity: string }
  | { readonly type: 'feedback'; readonly record: FeedbackRecord }
  | {
      readonly type: 'fault'
      readonly faultId: string
      readonly name: string
      readonly phase: 'armed' | 'fired' | 'disarmed'
      readonly explain: string
    }
  | { readonly type: 'clock'; readonly action: string; readonly now: number }

/** An event with its sequence number and its time. */
export type JournalEntry = JournalEvent & {
  /** From 1, without gaps, in the life of the hub. */
  readonly seq: number
  /** The hub's clock, epoch ms. */
  readonly at: number
}

/** Everything that happens at the hub, and ways to wait for it. */
export interface Journal {
  /** Adds an entry. */
  record(event: JournalEvent): void
  /** The newest entries, oldest first; bounded by `settings.journalRetained`. */
  readonly entries: readonly JournalEntry[]
  /** Sequence number of the newest entry, 0 when there is none. */
  readonly seq: number
  /** Calls the listener for each new entry. @returns stops listening. */
  subscribe(listener: (entry: JournalEntry) => void): () => void
  /**
   * The first entry that matches: one already there (newer than `after`), or the next to come.
   * Waits without a limit of its own: give a signal.
   * @param options - `after`: only entries with a greater `seq`, default 0; `signal`: ends the wait.
   */
  until(
    matches: (entry: JournalEntry) => boolean,
    options?: { readonly after?: number; readonly signal?: AbortSignal },
  ): Promise<JournalEntry>
}
