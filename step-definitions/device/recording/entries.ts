/** What a run leaves behind: entries of the hub and of the conductor on one time line. The judge reads nothing else. */

import type { JournalEntry, JsonValue as Json } from 'mock-iot-hub'

export interface Dated {
  /** From 1, without gaps. */
  readonly seq: number
  /** The time of the bench, epoch ms; it never jumps, whatever clock the hub shows. */
  readonly at: number
}

/** What CONNECT shows of a token: its signature is never written down. */
export interface ShownToken {
  readonly sr?: string
  /** Epoch seconds. */
  readonly se?: number
  readonly skn?: string
  /** Names the token without telling it. */
  readonly print: string
  /** The signature was not percent-encoded. */
  readonly raw?: true
}

export interface ConnectFields {
  readonly clientId: string
  readonly username: string
  readonly keepalive: number
  readonly clean: boolean
  readonly will?: { readonly topic: string; readonly qos: number; readonly retain: boolean }
  readonly token?: ShownToken
  /** A password that is not a token. */
  readonly password?: true
}

export interface PublishFields {
  readonly topic: string
  readonly qos: number
  readonly dup: boolean
  readonly retain: boolean
  /** 0: QoS 0. */
  readonly id: number
  readonly bytes: number
  /** Names the body. */
  readonly hash: string
  /** The body as text when it is short enough and no binary. */
  readonly text?: string
}

export type PacketEntry = Dated & {
  readonly type: 'packet'
  readonly link: string
  readonly way: 'in' | 'out'
} & (
    | ({ readonly cmd: 'connect' } & ConnectFields)
    | { readonly cmd: 'connack'; readonly code: number; readonly present: boolean }
    | ({ readonly cmd: 'publish' } & PublishFields)
    | {
        readonly cmd: 'subscribe'
        readonly id: number
        readonly filters: readonly { readonly topic: string; readonly qos: number }[]
      }
    | { readonly cmd: 'unsubscribe'; readonly id: number; readonly filters: readonly string[] }
    | { readonly cmd: 'puback' | 'suback' | 'unsuback'; readonly id: number }
    | { readonly cmd: 'pingreq' | 'pingresp' | 'disconnect' }
  )

/** The conductor's entries about a provocation. */
export interface ProvocationState {
  readonly type: 'provocation'
  /** Such as `loss.fin`. */
  readonly name: string
  /** `begun` → `struck` → `released` → `over`; or `left-out` with a reason. */
  readonly state: 'begun' | 'struck' | 'released' | 'over' | 'left-out'
  readonly attempt: number
  /** `begun`: whether the device was settled before. */
  readonly settled?: boolean
  readonly reason?: string
}

/** An entry of the hub's journal as it is. */
type FromHub<T extends JournalEntry['type']> =
  Extract<JournalEntry, { readonly type: T }> extends infer E
    ? E extends JournalEntry
      ? Omit<E, 'seq' | 'at'>
      : never
    : never

export type Entry =
  | PacketEntry
  | (Dated &
      (
        | FromHub<'dialled' | 'tls-hello' | 'tls-ended'>
        | {
            readonly type: 'link-opened'
            readonly link: string
            readonly peer: string
            readonly transport: string
            readonly tls?: {
              readonly version: string
              readonly serverName?: string
              readonly resumed: boolean
            }
          }
        | { readonly type: 'link-closed'; readonly link: string; readonly reason: string }
        | { readonly type: 'connected'; readonly link: string; readonly identity: string }
        | {
            readonly type: 'disconnected'
            readonly link: string
            readonly identity: string
            readonly reason: string
          }
        | {
            readonly type: 'refusal'
            readonly link?: string
            readonly identity?: string
            readonly error: string
            readonly code: number
            readonly rule: string
            readonly received: string
          }
        | {
            readonly type: 'request'
            readonly method: string
            readonly url: string
            readonly status: number
            readonly caller: string
          }
        /** A request for a place of a file, or the notification of what became of it. */
        | { readonly type: 'upload'; readonly step: 'start' | 'finish'; readonly what: Json }
        | {
            readonly type: 'fault'
            readonly id: string
            readonly name: string
            readonly phase: 'armed' | 'fired' | 'disarmed'
          }
        | { readonly type: 'feedback'; readonly messageId: string; readonly status: string }
        | ProvocationState
        /** A call of the service side: `c2d`, `method`, `desired`, `job`, `identity`, `keys`, `clock`. */
        | { readonly type: 'service'; readonly what: string; readonly key: string; readonly detail: Json }
        /** Its outcome, for what takes time. */
        | {
            readonly type: 'answer'
            readonly what: string
            readonly key: string
            readonly ok: boolean
            readonly status?: number
            readonly payload?: Json
            readonly text?: string
          }
        | {
            readonly type: 'trigger'
            readonly name: string
            readonly kind: string
            readonly ok: boolean
            readonly text?: string
          }
        /** The conductor's own connection through the same port. */
        | { readonly type: 'probe'; readonly ok: boolean; readonly text?: string }
        | { readonly type: 'alive'; readonly after: string; readonly ok: boolean; readonly by: string }
        | { readonly type: 'recovery'; readonly after: string; readonly how: string; readonly ok: boolean }
        | { readonly type: 'settled' }
        /** Something of the conductor's own connection: no evidence. */
        | { readonly type: 'own' }
        /** The run ended; `complete`: as planned. */
        | { readonly type: 'end'; readonly complete: boolean; readonly reason?: string }
        /** A connection to a port where nothing of a hub listens. */
        | { readonly type: 'decoy'; readonly port: number; readonly peer: string; readonly bytes: number }
        /** A secret of the device was read outside the password field. */
        | { readonly type: 'secret'; readonly link?: string; readonly where: string; readonly what: string }
        /** A connection at the second address; `peer` is what the hub sees of it. */
        | { readonly type: 'relayed'; readonly peer: string }
        | { readonly type: 'dns'; readonly name: string; readonly answer: string }
        | { readonly type: 'ntp'; readonly offsetSeconds: number }
      ))

export type EntryType = Entry['type']
export type EntryOf<T extends EntryType> = Extract<Entry, { readonly type: T }>
/** An entry before it has its number and its time. */
export type NewEntry = Entry extends infer E ? (E extends Entry ? Omit<E, 'seq' | 'at'> : never) : never

/** The first line of a recording. */
export interface RecordingHeader {
  readonly format: 'iot-hub-device-recording/1'
  readonly suite: string
  readonly startedAt: number
  readonly seed: number
  readonly kind: string
  readonly hostName: string
  readonly ports: { readonly mqtt: number; readonly https: number }
  /** Rows that the run was to provoke. */
  readonly planned: readonly string[]
  /** Epoch ms of the hub minus those of the bench, when the run began. */
  readonly hubAheadMs: number
}

export interface Recording {
  readonly header: RecordingHeader
  readonly entries: readonly Entry[]
}
