/**
 * The errors this client reports, and the only ones: the documented family with a common root, a stable `code` and a
 * `cause`. Tell them apart by class or code, never by text. No text ever holds a key, a signature or a token.
 */

/**
 * What every error of the connection and of the service carries.
 *
 * @example
 * ```ts
 * import { ClientError, type IoTHubErrorOptions } from 'mock-iot-hub-client'
 *
 * export function wrap(cause: unknown): ClientError {
 *   const options: IoTHubErrorOptions = { cause, retryable: true }
 *   return new ClientError('My step failed', options)
 * }
 * ```
 */
export interface IoTHubErrorOptions {
  /** What led to it, as the system or the service reported it. */
  readonly cause?: unknown
  /** The same call may succeed later. Left out: as the class says. */
  readonly retryable?: boolean
}

/**
 * Root of all errors that the connection, the hub or a gateway leads to. Wrong arguments are `TypeError`
 * (wrong type) or {@link ValueError} (wrong value) instead.
 *
 * @example
 * ```ts
 * import { IoTHubError } from 'mock-iot-hub-client'
 *
 * export function worthAnotherTry(error: unknown): boolean {
 *   return error instanceof IoTHubError && error.retryable
 * }
 * ```
 */
export abstract class IoTHubError extends Error {
  /** Stable text for programs, for example `IOTHUB_CREDENTIAL`. */
  abstract readonly code: string
  /** The same call may succeed later without a change of its arguments. */
  readonly retryable: boolean

  constructor(message: string, options?: IoTHubErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.retryable = options?.retryable ?? false
  }
}

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
 * What the service said of the request, as a rule the `cause` of a {@link ClientError}.
 *
 * @example
 * ```ts
 * import { IoTHubError, ServiceError } from 'mock-iot-hub-client'
 *
 * export function isThrottled(error: unknown): boolean {
 *   return error instanceof IoTHubError && error.cause instanceof ServiceError && error.cause.status === 429
 * }
 * ```
 */
export class ServiceError extends IoTHubError {
  /** Stable text for programs. */
  readonly code = 'IOTHUB_SERVICE'
  /** Status of the answer: an HTTP status, or that of the twin answer's topic. */
  readonly status: number
  /** The service's six-digit code, when the answer had one. */
  readonly errorCode: number | undefined
  /** The service's tracking id, when the answer had one. */
  readonly trackingId: string | undefined

  constructor(
    message: string,
    details: {
      readonly status: number
      readonly errorCode?: number | undefined
      readonly trackingId?: string | undefined
    },
  ) {
    super(message)
    this.status = details.status
    this.errorCode = details.errorCode
    this.trackingId = details.trackingId
  }
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

/**
 * An argument has the right type and a wrong value. The documentation's `ValueError`.
 *
 * @example
 * ```ts
 * import { IoTHubDeviceClient, ValueError } from 'mock-iot-hub-client'
 *
 * export function isUsable(connectionString: string): boolean {
 *   try {
 *     IoTHubDeviceClient.createFromConnectionString(connectionString)
 *     return true
 *   } catch (error) {
 *     if (error instanceof ValueError) return false
 *     throw error
 *   }
 * }
 * ```
 */
export class ValueError extends RangeError {
  /** Name of the class. */
  override readonly name = 'ValueError'
  /** Stable text for programs. */
  readonly code = 'IOTHUB_VALUE'
}

/**
 * The environment, a file or the workload API of the Edge runtime is not as it must be.
 *
 * @example
 * ```ts
 * import { IoTHubModuleClient, OSError } from 'mock-iot-hub-client'
 *
 * export async function insideEdge(): Promise<IoTHubModuleClient | undefined> {
 *   try {
 *     return await IoTHubModuleClient.createFromEdgeEnvironment()
 *   } catch (error) {
 *     if (error instanceof OSError) return undefined
 *     throw error
 *   }
 * }
 * ```
 */
export class OSError extends Error {
  /** Name of the class. */
  override readonly name = 'OSError'
  /** The system's own code, for example `ENOENT`; `IOTHUB_OS` when there is none. */
  readonly code: string

  constructor(message: string, options?: IoTHubErrorOptions) {
    super(message, options)
    this.code = systemCodeOf(options?.cause) ?? 'IOTHUB_OS'
  }
}

/** The `code` that Node puts on errors of the system. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** @internal After `shutdown` every call ends so (BOTH-SHUT-02 … 09). */
export function alreadyShutDown(): ClientError {
  return new ClientError('Client has already been shut down')
}

/** @internal Whatever was not foreseen, as the documented "unexpected failure". Documented errors pass unchanged. */
export function asDocumented(error: unknown): Error {
  if (
    error instanceof IoTHubError ||
    error instanceof ValueError ||
    error instanceof OSError ||
    error instanceof TypeError
  ) {
    return error
  }
  return new ClientError('Unexpected failure', { cause: error })
}
