/** Live connections of devices, and the hub’s record of each. */

import type { C2dDelivery } from './c2d.ts'
import type { Explanation } from '../errors/hub-error.ts'
import type { IdentityPrincipal, Transport } from './principal.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Message } from './message.ts'

/** What the hub can send a device that has subscribed to it. */
export type Channel = 'c2d' | 'methods' | 'desired' | 'inputs'

/** Why the hub closes a link; the journal and the log say it. */
export type CloseReason =
  | 'taken-over'
  | 'token-expired'
  | 'identity-disabled'
  | 'identity-deleted'
  | 'key-changed'
  | 'refused'
  | 'fault'
  | 'hub-stopped'

/** What the hub may do to one live connection of an identity. A room that carries devices implements it. */
export interface DeviceLink {
  /** Unique in the life of the hub. */
  readonly id: string
  readonly transport: Transport
  readonly principal: IdentityPrincipal
  /** `model-id` that the device announced. */
  readonly modelId: string | undefined
  /** Has the device subscribed to this? For methods a filter may name just one method. */
  accepts(channel: Channel, name?: string): boolean
  /** Settles later through `c2d.settle`. */
  deliverC2d(delivery: C2dDelivery): void
  requestMethod(requestId: string, methodName: string, payload: string | undefined): void
  /** `patch` without `$version`; nulls kept. */
  notifyDesired(patch: JsonObject, version: number): void
  deliverInput(inputName: string, message: Message): void
  close(reason: CloseReason, explanation?: Explanation): void
}

/** The hub's record of a live link; the room that owns the link tells it what happens. */
export interface Session {
  /** The device has subscribed: what waits may be sent. */
  ready(channel: Channel): void
  /** The link is gone, for whatever reason. Idempotent. */
  ended(): void
}
