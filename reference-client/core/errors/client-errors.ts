/** The errors of the client and of its connection. */

import { IoTHubError } from './iot-hub-error.ts'

/**
 * Something unexpected went wrong in the client; also the parent of the connection's errors. An answer of the service
 * that is an error is its `cause`: a {@link ServiceError}. Documented for every call;
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
  /** Stable text for programs. */
  readonly code: string = 'IOTHUB_CLIENT'
}

/**
 * The credentials were refused and no connection was made: CONNACK 4 and 5, HTTP 401 and 403.
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
  /** Stable text for programs. */
  override readonly code = 'IOTHUB_CREDENTIAL'
}

/**
 * A connection could not be made: refused, unresolvable, or the service said it was unavailable (CONNACK 3).
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
  /** Stable text for programs. */
  override readonly code = 'IOTHUB_CONNECTION_FAILED'
  /** Trying again may help. */
  override readonly retryable = true
}

/**
 * The connection was lost while the call was under way.
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
  /** Stable text for programs. */
  override readonly code = 'IOTHUB_CONNECTION_DROPPED'
  /** Trying again may help. */
  override readonly retryable = true
}

/**
 * The client is not connected, and `autoConnect` is off. What was to be sent will not be sent later.
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
  /** Stable text for programs. */
  override readonly code = 'IOTHUB_NO_CONNECTION'
}

/** @internal After `shutdown` every call ends so (BOTH-SHUT-02 … 09). */
export function alreadyShutDown(): ClientError {
  return new ClientError('Client has already been shut down')
}
