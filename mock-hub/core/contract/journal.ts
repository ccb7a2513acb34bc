/** The journal: one entry for each event. */

import type { Channel } from './sessions.ts'
import type { Explanation } from '../errors/hub-error.ts'
import type { FeedbackRecord } from './c2d.ts'
import type { JsonObject } from '../../base/json.ts'
import type { OperationKind } from './operations.ts'
import type { RegistryChange } from './registry.ts'
import type { Transport } from './principal.ts'

/** What a client agreed to in its TLS handshake. */
export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly version: string
  /** Server Name Indication; undefined: the client sent none. */
  readonly serverName: string | undefined
  /** Whether an earlier TLS session was resumed. */
  readonly resumed: boolean
}

/** An event. The journal is the single record: log, tail, reports, waits and verdicts read it. */
export type JournalEvent =
  | {
      readonly type: 'link-opened'
      readonly linkId: string
      readonly transport: Transport
      readonly peer: string
      /** Left out without TLS. */
      readonly tls?: TlsFacts
    }
  /** A TLS handshake that failed: the client never became a link. */
  | {
      readonly type: 'tls-failed'
      readonly protocol: 'mqtt' | 'amqp' | 'https'
      readonly port: number
      /** `address:port` of the client. */
      readonly peer: string
      /** Of Node or OpenSSL, such as `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`. */
      readonly code: string
      /** What it means, in plain words. */
      readonly reason: string
    }
  | {
      readonly type: 'link-closed'
      readonly linkId: string
      readonly identity?: string
      readonly reason: string
    }
  /** An MQTT packet. `packet` has the fields of mqtt-packet; payloads are Buffers. */
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
  /** A step of a registration at the provisioning service; `identity` is the registration id. */
  | {
      readonly type: 'registration'
      readonly identity: string
      readonly transport: Transport
      readonly linkId?: string
      readonly step: 'register' | 'poll' | 'lookup' | 'ended'
      readonly what: JsonObject
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
  /** The hub was reset: older entries are gone. */
  | { readonly type: 'reset' }
  | { readonly type: 'clock'; readonly action: string; readonly now: number }

/** An event with its sequence number and its time. */
export type JournalEntry = JournalEvent & {
  /** From 1, without gaps, for the lifetime of the hub. */
  readonly seq: number
  /** The hub's clock, epoch ms. */
  readonly at: number
}

/** The entries of one type. */
export type JournalEntryOf<T extends JournalEvent['type']> = Extract<JournalEntry, { readonly type: T }>

/** Selects entries. An entry without an identity or connection does not match one. */
export interface JournalFilter<T extends JournalEvent['type'] = JournalEvent['type']> {
  /** Default: every type. */
  readonly type?: T
  /** `{deviceId}` or `{deviceId}/{moduleId}`. Default: every identity. */
  readonly identity?: string
  /** ID of a connection. Default: every connection. */
  readonly linkId?: string
}

/** Everything that happens at the hub, and ways to wait for it. */
export interface Journal {
  /** Adds an entry. */
  record(event: JournalEvent): void
  /** The newest entries, oldest first; bounded by `settings.journalRetained`. */
  readonly entries: readonly JournalEntry[]
  /**
   * The entries that match, oldest first; `type` narrows their type.
   * @example
   * ```ts
   * hub.journal.filter({ type: 'refusal', identity: 'd1' })[0]?.explanation
   * ```
   */
  filter<T extends JournalEvent['type']>(filter: JournalFilter<T>): readonly JournalEntryOf<T>[]
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
