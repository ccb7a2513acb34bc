/** The seams of the client: what its rooms know of each other. Read this file and you know the skeleton. */

import type { Buffer } from 'node:buffer'
import type { JsonValue } from './models/json.ts'

/** Whom the client speaks for. */
export interface Identity {
  readonly deviceId: string
  /** Undefined for devices. */
  readonly moduleId: string | undefined
}

/** How the client proves who it is. */
export interface Credentials {
  /** The SAS token to show now; undefined: a client certificate speaks for the client. */
  readonly sasToken: string | undefined
  /** When that token expires, epoch seconds; undefined: never. */
  readonly expiresAt: number | undefined
  /** Makes a new token; undefined: this kind cannot make one. */
  readonly renew: (() => void | Promise<void>) | undefined
}

/** What a link tells of itself, in this order: up or failed, then down. After `close` or `destroy` it is silent. */
export interface LinkListener {
  up(sessionPresent: boolean): void
  failed(error: Error): void
  down(error: Error): void
  received(topic: string, payload: Buffer): void
}

/** One attempt to connect and, when it succeeds, the connection itself. */
export interface Link {
  /** QoS 1. `acknowledged` is called on PUBACK; never, when the link is lost before. */
  publish(
    packetId: number,
    topic: string,
    payload: string | Uint8Array,
    dup: boolean,
    acknowledged: () => void,
  ): void
  /** `done` is called on SUBACK; never, when the link is lost before. */
  subscribe(filter: string, done: (error?: Error) => void): void
  unsubscribe(filter: string, done: (error?: Error) => void): void
  /** Says goodbye and closes. */
  close(closed: () => void): void
  /** Cuts without a word. */
  destroy(): void
}

/** Opens links. */
export interface Transport {
  /** @param sasToken - goes with CONNECT; undefined: none. */
  dial(sasToken: string | undefined, listener: LinkListener): Link
}

/** Something that waits for the connection and must hear of its changes. */
export interface ConnectionAware {
  /** A link is up. */
  attach(link: Link, sessionPresent: boolean): void
  /** That link is gone; another may come. */
  detach(): void
  /** Do not wait any longer. `error` makes the error of each that waits. */
  release(error: () => Error): void
}

/** A request over HTTPS to the hub or the gateway. */
export interface HttpCall {
  readonly path: string
  readonly body: JsonValue
  readonly headers?: Readonly<Record<string, string>>
  /** Without an answer for so long, it is given up; milliseconds. */
  readonly limitMs: number
  readonly signal?: AbortSignal | undefined
}

/** The HTTPS endpoint. */
export interface HubHttp {
  /** @returns the parsed body; undefined when it was empty. @throws the documented errors (decision D-07). */
  post(call: HttpCall): Promise<JsonValue | undefined>
}
