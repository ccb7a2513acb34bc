/** What the parts of the good device know of each other. */

import type { Clock } from 'mock-iot-hub'
import type { Delivery } from './packets.ts'
import type { Traits } from './traits.ts'

export interface DeviceOptions {
  readonly clock: Clock
  /** Name in the connection string. */
  readonly host: string
  readonly deviceId: string
  /** base64, the primary one first; empty: it has a certificate. */
  readonly keys: readonly string[]
  readonly certificate?: { readonly key: string; readonly cert: string } | undefined
  readonly caPem: string
  readonly port: number
  /** For uploads, and for MQTT over WebSocket. */
  readonly httpsPort: number
  /** MQTT over WebSocket. */
  readonly webSocket?: boolean | undefined
  /** Asked for each attempt. @throws Error when the name does not resolve. */
  readonly resolve: (host: string) => Promise<string> | string
  /** 0 to 1. */
  readonly random: () => number
  readonly telemetrySeconds: number
  readonly traits?: Partial<Traits> | undefined
  /** Asks a server for the time; undefined: there is none to ask. @returns ms by which the clock is behind. */
  readonly askTime?: (() => Promise<number>) | undefined
  readonly log?: ((line: string) => void) | undefined
}

/** Why a link did not open. */
export interface Refused {
  readonly code?: number
  readonly handshake?: boolean
  /** What is wrong with the certificate, such as `CERT_HAS_EXPIRED`. */
  readonly certificate?: string
  readonly name?: boolean
}

/** A connection, as the application sees it. */
export interface OpenLink {
  readonly openedAt: number | undefined
  readonly present: boolean
  ready: boolean
  send(bytes: Buffer): boolean
  subscribe(id: number, filters: readonly string[], then: () => void): void
  after(seconds: number, run: () => void): void
}

/** The application, as a connection sees it. */
export interface Receiver {
  opened(link: OpenLink): void
  acknowledged(id: number): void
  delivered(delivery: Delivery, link: OpenLink): void
}

/** The device, as its parts see it. */
export interface Owner {
  readonly clock: Clock
  readonly options: DeviceOptions
  readonly traits: Traits
  readonly app: Receiver
  readonly link: OpenLink | undefined
  readonly pinned: string | undefined
  readonly renewInMs: number
  /** Connections that were accepted. */
  connections: number
  /** Failures in a row. */
  readonly failures: number
  pin(fingerprint: string): void
  password(): string | undefined
  ended(link: OpenLink, refused: Refused | undefined): void
  renew(): void
  die(): void
  stop(): void
  setTokenLife(seconds: number): void
}
