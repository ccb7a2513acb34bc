/**
 * Fault injection as devices know it from the service: a message with the property `AzIoTHub_FaultOperationType` orders a
 * fault for its sender (docs/faults.md). An order holds for the identity, over whatever transport it comes next.
 */

import type { HubError } from '../errors/hub-error.ts'
import type { ApplicationProperties } from './message.ts'
import type { Transport } from './principal.ts'

/** What a fault breaks of the device's connection. Adapters break what they carry, and ignore the rest. */
export type BrokenPart =
  /** The TCP connection, whatever it carries. */
  | 'tcp'
  /** The MQTT connection. */
  | 'mqtt'
  /** The AMQP connection, or the session of the device. */
  | 'amqp'
  | 'amqp-session'
  /** A link of `$cbs`: the one for requests, or the one for answers. */
  | 'amqp-cbs-request'
  | 'amqp-cbs-answer'
  /** A link of the device; the requests of twins come from it, those of methods from the hub. */
  | 'amqp-telemetry'
  | 'amqp-c2d'
  | 'amqp-twin-request'
  | 'amqp-twin-answer'
  | 'amqp-method-request'
  | 'amqp-method-answer'

/** A fault that a message orders. */
export interface DeviceFaultOrder {
  /** Such as `KillTcp`. */
  readonly type: string
  /** Undefined: the fault refuses requests; a live MQTT link, which has no refusals, is cut once when it begins. */
  readonly breaks: BrokenPart | undefined
  /** From the message, on the hub's clock; default 0. */
  readonly delayMs: number
  /** From the beginning of the fault; default 0: it breaks once and refuses nothing. */
  readonly durationMs: number
}

export interface DeviceFaults {
  /** No fault is in force; a hot path asks this first. */
  readonly idle: boolean
  /** @returns undefined: the message with these properties orders no fault. */
  orderIn(properties: ApplicationProperties): DeviceFaultOrder | undefined
  /**
   * Starts the fault after its delay; without one, before this returns.
   * @param identity key of the sender, `d1` or `d1/m1`.
   */
  begin(identity: string, order: DeviceFaultOrder): void
  /** @returns what breaks a new connection of the identity over this transport now; undefined: nothing. */
  breaks(identity: string, transport: Transport): BrokenPart | undefined
  /** @returns the error that requests of the identity get now: throttled, over its quota, or not authorized. */
  refusal(identity: string): HubError | undefined
  /**
   * Calls the listener when a fault breaks a part of the connection of an identity.
   * @returns stops listening.
   */
  onBreak(listener: (identity: string, part: BrokenPart) => void): () => void
}
