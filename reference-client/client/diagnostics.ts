/**
 * What the client does, for those who watch: channels of `node:diagnostics_channel`. Nothing is built when nobody
 * listens, and nothing secret is ever published. Beyond the documented API.
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
  /** `{ from, to, epoch }`: the connection changed its state. */
  state: 'mock-iot-hub:client:state',
  /** `{ topic, sizeBytes }`: a message was acknowledged by the hub. */
  sent: 'mock-iot-hub:client:sent',
  /** `{ topic, sizeBytes }`: something arrived. */
  received: 'mock-iot-hub:client:received',
  /** `{ error }`: a background exception. */
  exception: 'mock-iot-hub:client:exception',
} as const

/**
 * A channel's short name.
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

/** @internal Publishes, when somebody listens. */
export function diagnose(name: DiagnosticChannel, event: () => object): void {
  if (channels[name].hasSubscribers) channels[name].publish(event())
}
