/**
 * Publishes what the client does on channels of `node:diagnostics_channel`. Costs nothing without a subscriber, and
 * never publishes a secret. Beyond the documented API.
 */

import { type Channel, channel } from 'node:diagnostics_channel'

/**
 * Names of the channels.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * import { DIAGNOSTIC_CHANNELS } from 'mock-iot-hub-client'
 *
 * subscribe(DIAGNOSTIC_CHANNELS.state, (event) => {
 *   console.log(event)
 * })
 * ```
 */
export const DIAGNOSTIC_CHANNELS = {
  /** `{ from, to, epoch }`: the state of the connection changed. */
  state: 'mock-iot-hub:client:state',
  /** `{ topic, sizeBytes }`: the hub acknowledged a message. */
  sent: 'mock-iot-hub:client:sent',
  /** `{ topic, sizeBytes }`: a message of the hub arrived. */
  received: 'mock-iot-hub:client:received',
  /** `{ error }`: a background exception. */
  exception: 'mock-iot-hub:client:exception',
} as const

/**
 * The short name of a channel.
 *
 * @example
 * ```ts
 * import { DIAGNOSTIC_CHANNELS, type DiagnosticChannel } from 'mock-iot-hub-client'
 *
 * export const names = Object.keys(DIAGNOSTIC_CHANNELS) as DiagnosticChannel[]
 * ```
 */
export type DiagnosticChannel = keyof typeof DIAGNOSTIC_CHANNELS

const channels: Readonly<Record<DiagnosticChannel, Channel>> = {
  state: channel(DIAGNOSTIC_CHANNELS.state),
  sent: channel(DIAGNOSTIC_CHANNELS.sent),
  received: channel(DIAGNOSTIC_CHANNELS.received),
  exception: channel(DIAGNOSTIC_CHANNELS.exception),
}

/** @internal */
export function isWatched(name: DiagnosticChannel): boolean {
  return channels[name].hasSubscribers
}

/** @internal Publishes when there is a subscriber. */
export function diagnose(name: DiagnosticChannel, event: () => object): void {
  if (channels[name].hasSubscribers) channels[name].publish(event())
}
