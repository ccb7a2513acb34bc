/** Live connections of devices, and the hub's record of each. */

import type { C2dDelivery } from './c2d.ts'
import type { Explanation } from '../errors/hub-error.ts'
import type { IdentityPrincipal, Transport } from './principal.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Message } from './message.ts'

/** What the hub sends to devices that have subscribed to it. */
export type Channel = 'c2d' | 'methods' | 'desired' | 'inputs'

/** Why the hub closes a link. */
export type CloseReason =
  | 'taken-over'
  | 'token-expired'
  | 'identity-disabled'
  | 'identity-deleted'
  | 'key-changed'
  | 'refused'
  | 'fault'
  | 'hub-stopped'

/** One live connection of an identity, as the core uses it. The adapters of devices implement it. */
export interface DeviceLink {
  /** Unique for the lifetime of the hub. */
  readonly id: string
  readonly transport: Transport
  readonly principal: IdentityPrincipal
  /** `model-id` of the device. */
  readonly modelId: string | undefined
  /** Whether the device has subscribed to this. @param name of a method: a device may subscribe to single methods. */
  accepts(channel: Channel, name?: string): boolean
  /** The adapter settles it later with `c2d.settle`. */
  deliverC2d(delivery: C2dDelivery): void
  requestMethod(requestId: string, methodName: string, payload: string | undefined): void
  /** `patch` without `$version`; nulls kept. */
  notifyDesired(patch: JsonObject, version: number): void
  deliverInput(inputName: string, message: Message): void
  close(reason: CloseReason, explanation?: Explanation): void
}

/** The hub's record of a live link. The adapter that owns the link reports to it. */
export interface Session {
  /** The device has subscribed: the hub sends what waits. */
  ready(channel: Channel): void
  /** The link is closed, for any reason. Idempotent. */
  ended(): void
}
