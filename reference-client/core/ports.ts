/** The interfaces between the folders of the client. */

import type { Buffer } from 'node:buffer'
import type { JsonValue } from './models/json.ts'

/** The device or module that the client represents. */
export interface Identity {
  readonly deviceId: string
  /** Undefined for devices. */
  readonly moduleId: string | undefined
}

/** How the client authenticates. */
export interface Credentials {
  /** The current SAS token; undefined: the client authenticates with a certificate. */
  readonly sasToken: string | undefined
  /** When the token expires, in epoch seconds; undefined: never. */
  readonly expiresAt: number | undefined
  /** Creates a new token; undefined: the application must supply one. */
  readonly renew: (() => void | Promise<void>) | undefined
}

/** The events of a link, in this order: `up` or `failed`, then `down`. None after `close` or `destroy`. */
export interface LinkListener {
  up(sessionPresent: boolean): void
  failed(error: Error): void
  down(error: Error): void
  received(topic: string, payload: Buffer): void
}

/** One attempt to connect and, when it succeeds, the connection. */
export interface Link {
  /** Publishes with QoS 1. Calls `acknowledged` on PUBACK, unless the link is lost before. */
  publish(
    packetId: number,
    topic: string,
    payload: string | Uint8Array,
    dup: boolean,
    acknowledged: () => void,
  ): void
  /** Calls `done` on SUBACK, unless the link is lost before. */
  subscribe(filter: string, done: (error?: Error) => void): void
  unsubscribe(filter: string, done: (error?: Error) => void): void
  /** Sends DISCONNECT and closes. */
  close(closed: () => void): void
  /** Closes without DISCONNECT. */
  destroy(): void
}

/** Opens links. */
export interface Transport {
  /** @param sasToken - the password of CONNECT; undefined: none. */
  dial(sasToken: string | undefined, listener: LinkListener): Link
}

/** Depends on the connection and is informed of its changes. */
export interface ConnectionAware {
  /** A link is up. */
  attach(link: Link, sessionPresent: boolean): void
  /** The link is lost; another may follow. */
  detach(): void
  /** Fails every operation that waits; `error` creates the error of each. */
  release(error: () => Error): void
}

/** A request over HTTPS to the hub or the gateway. */
export interface HttpCall {
  readonly path: string
  readonly body: JsonValue
  readonly headers?: Readonly<Record<string, string>>
  /** Limit for the response, in milliseconds. */
  readonly limitMs: number
  readonly signal?: AbortSignal | undefined
}

/** The HTTPS endpoint. */
export interface HubHttp {
  /** @returns the parsed body; undefined when it was empty. @throws the documented errors (decision D-07). */
  post(call: HttpCall): Promise<JsonValue | undefined>
}
