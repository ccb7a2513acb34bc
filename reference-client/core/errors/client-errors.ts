/** The errors of the client and of its connection. */

import { IoTHubError } from './iot-hub-error.ts'

/**
 * An unexpected failure of the client; also the parent of the errors of the connection. When the service responds with
 * an error, the `cause` is a {@link ServiceError}. Documented for every call; see
 * docs/contract/client/errors.md#client-exceptions.
 *
 * @example
 * ```ts
 * import { ClientError, ServiceError, type IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function statusOfPatch(client: IoTHubDeviceClient): Promise<number> {
 *   try {
 *     await client.patchTwinReportedProperties({ fan: 'on' })
 *     return 204
 *   } catch (error) {
 *     if (error instanceof ClientError && error.cause instanceof ServiceError) return error.cause.status
 *     throw error
 *   }
 * }
 * ```
 */
export class ClientError extends IoTHubError {
  /** A stable code. */
  readonly code: string = 'IOTHUB_CLIENT'
}

/**
 * The hub refused the credentials: CONNACK 4 and 5, HTTP 401 and 403.
 *
 * @example
 * ```ts
 * import { CredentialError, type IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function send(client: IoTHubDeviceClient): Promise<void> {
 *   await client.sendMessage('hello').catch((error: unknown) => {
 *     if (!(error instanceof CredentialError)) throw error
 *     console.error('The hub refused the credentials', error.code)
 *   })
 * }
 * ```
 */
export class CredentialError extends ClientError {
  /** A stable code. */
  override readonly code = 'IOTHUB_CREDENTIAL'
}

/**
 * The connection could not be established: refused, host name not found, or service unavailable (CONNACK 3).
 *
 * @example
 * ```ts
 * import { ConnectionFailedError, type IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function send(client: IoTHubDeviceClient): Promise<void> {
 *   await client.sendMessage('hello').catch((error: unknown) => {
 *     if (!(error instanceof ConnectionFailedError)) throw error
 *     console.error('The hub cannot be reached', error.cause)
 *   })
 * }
 * ```
 */
export class ConnectionFailedError extends ClientError {
  /** A stable code. */
  override readonly code = 'IOTHUB_CONNECTION_FAILED'
  /** A retry may succeed. */
  override readonly retryable = true
}

/**
 * The connection was lost during the call.
 *
 * @example
 * ```ts
 * import { ConnectionDroppedError, type IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function send(client: IoTHubDeviceClient): Promise<void> {
 *   await client.sendMessage('hello').catch((error: unknown) => {
 *     if (!(error instanceof ConnectionDroppedError)) throw error
 *     console.error('The connection was lost; the message may have arrived')
 *   })
 * }
 * ```
 */
export class ConnectionDroppedError extends ClientError {
  /** A stable code. */
  override readonly code = 'IOTHUB_CONNECTION_DROPPED'
  /** A retry may succeed. */
  override readonly retryable = true
}

/**
 * The client is not connected, and `autoConnect` is off. The message is not sent later.
 *
 * @example
 * ```ts
 * import { NoConnectionError, type IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function send(client: IoTHubDeviceClient): Promise<void> {
 *   await client.sendMessage('hello').catch(async (error: unknown) => {
 *     if (!(error instanceof NoConnectionError)) throw error
 *     await client.connect()
 *   })
 * }
 * ```
 */
export class NoConnectionError extends ClientError {
  /** A stable code. */
  override readonly code = 'IOTHUB_NO_CONNECTION'
}

/** @internal The error of every call after `shutdown` (BOTH-SHUT-02 … 09). */
export function alreadyShutDown(): ClientError {
  return new ClientError('Client has already been shut down')
}
