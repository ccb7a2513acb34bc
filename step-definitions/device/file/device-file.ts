/** What is known of a device before a run: what it claims, and how it is asked. Everything but `device` and `auth` is optional. */

import type { JsonValue as Json, JsonObject } from 'mock-iot-hub'

export interface DeviceFile {
  readonly device: {
    readonly id: string
    readonly moduleId?: string
    readonly make?: string
    readonly firmware?: string
  }
  readonly auth: {
    readonly kind: 'sas' | 'x509'
    /** 2: it holds both keys. */
    readonly keys?: 1 | 2
  }
  readonly transport: 'mqtt' | 'mqtt-ws'
  readonly does: Does
  readonly triggers: Readonly<Partial<Record<TriggerName, Trigger>>>
  readonly limits: Limits
  readonly network: { readonly dns?: 'suite' | 'hosts' | 'lab' | 'none'; readonly ntp?: 'suite' | 'none' }
  /** Roots that it trusts. */
  readonly roots: number
}

export interface Does {
  readonly telemetry?: {
    /** Seconds between two messages. */
    readonly everySeconds?: number
    readonly qos?: 0 | 1
    readonly json?: boolean
    /** Where a number stands that rises with each message, such as `$.n`. */
    readonly sequence?: string
    /** Properties of each message, with their values. */
    readonly properties?: Readonly<Record<string, string>>
  }
  readonly c2d?: {
    readonly text: string
    readonly shows?: Effect
    readonly withinSeconds: number
  }
  readonly methods?: readonly ClaimedMethod[]
  readonly twin?: {
    readonly desired?: {
      readonly set: JsonObject
      readonly echoed?: JsonObject
      readonly withinSeconds: number
    }
    readonly reported?: boolean
  }
  readonly upload?: { readonly withinSeconds: number }
}

export interface ClaimedMethod {
  readonly name: string
  readonly payload?: Json
  readonly expect?: { readonly status?: number; readonly payload?: Json }
  readonly slow?: boolean
  readonly withinSeconds?: number
}

/** JSON paths such as `$.led`, with the values that they have when the effect shows. */
export interface Effect {
  readonly telemetry?: Readonly<Record<string, Json>>
  readonly reported?: Readonly<Record<string, Json>>
}

export const TRIGGERS = [
  ...([
    'start',
    'stop',
    'powerCycle',
    'network',
    'sendNow',
    'burst',
    'tokenLife',
    'upload',
    'alive',
  ] as const),
] as const
export type TriggerName = (typeof TRIGGERS)[number]

/** One of these. */
export type Trigger =
  | { readonly shell: string }
  /** A program that is the device: started, and for `powerCycle` killed and started again. */
  | { readonly process: string }
  | { readonly method: string; readonly payload?: Json }
  | { readonly desired: JsonObject }
  | { readonly c2d: string }
  | { readonly person: string }

export interface Limits {
  readonly patienceSeconds: number
  readonly maxPauseSeconds: number
  /** Bytes that it takes in one message; undefined: it does not say. */
  readonly receiveBytes?: number
  readonly inFlight: number
  /** False: it has no clock and cannot look at dates. */
  readonly clock: boolean
  /** Messages that it keeps while away; undefined: all. */
  readonly keeps?: number
  /** The factor by which a build for tests shortens its pauses. */
  readonly scaled?: number
}

/** `d1` or `d1/m1`. */
export function identityOf({ device: { id, moduleId } }: DeviceFile): string {
  return moduleId === undefined ? id : `${id}/${moduleId}`
}
