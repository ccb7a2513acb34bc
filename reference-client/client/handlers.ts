/** The types of the handlers that an application sets. */

/**
 * A handler without arguments; the client awaits what it returns.
 *
 * @example
 * ```ts
 * import type { EventHandler, IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export function watch(client: IoTHubDeviceClient): void {
 *   const handler: EventHandler = () => {
 *     console.log(client.connected ? 'connected' : 'not connected')
 *   }
 *   client.onConnectionStateChange = handler
 * }
 * ```
 */
export type EventHandler = () => unknown

/**
 * A handler of background exceptions; the client awaits what it returns.
 *
 * @example
 * ```ts
 * import type { ExceptionHandler } from 'mock-iot-hub-client'
 *
 * export const log: ExceptionHandler = (error) => {
 *   console.error(error.message, error.cause)
 * }
 * ```
 */
export type ExceptionHandler = (error: Error) => unknown

/**
 * A handler of messages, method requests or twin patches; the client awaits what it returns.
 *
 * @example
 * ```ts
 * import type { ReceivedMessage, ReceiveHandler } from 'mock-iot-hub-client'
 *
 * export const print: ReceiveHandler<ReceivedMessage> = (message) => {
 *   console.log(message.data.toString('utf8'))
 * }
 * ```
 */
export type ReceiveHandler<T> = (item: T) => unknown

/** @internal @throws TypeError when the value is neither a function nor empty. */
export function asHandler<H>(name: string, handler: H | null | undefined): H | undefined {
  if (handler === null || handler === undefined) return undefined
  if (typeof handler !== 'function') throw new TypeError(`${name} must be a function or null`)
  return handler
}
