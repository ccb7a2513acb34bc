/** How a call ends without an answer. */

import { IoTHubError } from './iot-hub-error.ts'

/**
 * The call took longer than its limit. Not a {@link ClientError}, as documented.
 *
 * @example
 * ```ts
 * import { OperationTimeout, type IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function send(client: IoTHubDeviceClient): Promise<void> {
 *   await client.sendMessage('hello').catch((error: unknown) => {
 *     if (!(error instanceof OperationTimeout)) throw error
 *     console.error('The hub is silent')
 *   })
 * }
 * ```
 */
export class OperationTimeout extends IoTHubError {
  /** Stable text for programs. */
  readonly code = 'IOTHUB_TIMEOUT'
  /** Trying again may help. */
  override readonly retryable = true
}

/**
 * The call was given up before it was finished: by `disconnect`, by `shutdown`, or by an `AbortSignal` whose reason
 * is then the `cause`. Not a {@link ClientError}, as documented.
 *
 * @example
 * ```ts
 * import { OperationCancelled, type IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function send(client: IoTHubDeviceClient): Promise<void> {
 *   await client.sendMessage('hello').catch((error: unknown) => {
 *     if (!(error instanceof OperationCancelled)) throw error
 *     console.error('Given up', error.cause)
 *   })
 * }
 * ```
 */
export class OperationCancelled extends IoTHubError {
  /** Stable text for programs. */
  readonly code = 'IOTHUB_CANCELLED'
}

/**
 * Nothing had been received by the end of the wait: `receiveTwinDesiredPropertiesPatch` only.
 *
 * @example
 * ```ts
 * import { InboxEmpty, type IoTHubDeviceClient, type TwinPatch } from 'mock-iot-hub-client'
 *
 * export async function patchOrNull(client: IoTHubDeviceClient): Promise<TwinPatch | null> {
 *   try {
 *     return await client.receiveTwinDesiredPropertiesPatch(true, 5)
 *   } catch (error) {
 *     if (error instanceof InboxEmpty) return null
 *     throw error
 *   }
 * }
 * ```
 */
export class InboxEmpty extends IoTHubError {
  /** Stable text for programs. */
  readonly code = 'IOTHUB_INBOX_EMPTY'
}
