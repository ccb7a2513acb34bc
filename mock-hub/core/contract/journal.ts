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

/** What a client offers in its ClientHello. */
export interface ClientOffer {
  /** `TLSv1.2`; a client without the extension for versions names its highest alone. */
  readonly versions: readonly string[]
  /** Cipher suites in the client's order, as `0xc02f`. */
  readonly suites: readonly string[]
  /** Server Name Indication; undefined: the client sent none. */
  readonly serverName: string | undefined
  /** Application protocols (ALPN). */
  readonly alpn: readonly string[]
  /** Bytes that the client takes in a record; left out: it does not say. */
  readonly maxFragmentLength?: number
  /** Whether it offers to resume an earlier session by a ticket. */
  readonly sessionTicket: boolean
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
  /** A TCP connection, before TLS and before any fault. Only with the option `observeHandshakes`, as the next two. */
  | {
      readonly type: 'dialled'
      readonly protocol: 'mqtt' | 'amqp' | 'https'
      readonly port: number
      /** `address:port` of the client. */
      readonly peer: string
    }
  /** The first bytes of a connection: the client's offer, or what it sent instead of TLS. */
  | {
      readonly type: 'tls-hello'
      readonly peer: string
      /** Left out: it was no ClientHello. */
      readonly offer?: ClientOffer
      /** The first bytes, at most 16, when the client does not speak TLS. */
      readonly clear?: string
    }
  /** The end of a handshake. */
  | {
      readonly type: 'tls-ended'
      readonly peer: string
      /** Whether the client's last message of the handshake was read. */
      readonly finished: boolean
      /** `TLSv1.3`, of a finished handshake. */
      readonly version?: string
      /** Cipher suite of a finished handshake, as the IANA names it. */
      readonly cipher?: string
      /** Of Node or OpenSSL, when it failed. */
      readonly code?: string
      /** The alert that the client sent, such as `unknown_ca`; left out: none. */
      readonly alert?: string
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
