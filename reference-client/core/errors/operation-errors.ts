/** Errors of a call that ends without a result: timeout, cancellation, empty inbox. */

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
 *     console.error('The hub did not respond')
 *   })
 * }
 * ```
 */
export class OperationTimeout extends IoTHubError {
  /** A stable code. */
  readonly code = 'IOTHUB_TIMEOUT'
  /** A retry may succeed. */
  override readonly retryable = true
}

/**
 * The call was cancelled: by `disconnect`, by `shutdown`, or by an `AbortSignal`, whose reason is then the `cause`. Not
 * a {@link ClientError}, as documented.
 *
 * @example
 * ```ts
 * import { OperationCancelled, type IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function send(client: IoTHubDeviceClient): Promise<void> {
 *   await client.sendMessage('hello').catch((error: unknown) => {
 *     if (!(error instanceof OperationCancelled)) throw error
 *     console.error('Cancelled', error.cause)
 *   })
 * }
 * ```
 */
export class OperationCancelled extends IoTHubError {
  /** A stable code. */
  readonly code = 'IOTHUB_CANCELLED'
}

/**
 * No patch arrived in time. Only `receiveTwinDesiredPropertiesPatch` throws it.
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
  /** A stable code. */
  readonly code = 'IOTHUB_INBOX_EMPTY'
}
