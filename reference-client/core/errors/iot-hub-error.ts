/**
 * The root of the errors that this client reports: the documented classes with a stable `code` and a `cause`. Tell them
 * apart by class or code, never by text. No text contains a key, a signature or a token.
 */

/**
 * Details of an error of the connection or of the service.
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
  /** The error of the system or of the service that caused it. */
  readonly cause?: unknown
  /** The same call may succeed later. Default: set by the class. */
  readonly retryable?: boolean
}

/**
 * The root of all errors of the connection, the hub or a gateway. Wrong arguments cause a `TypeError` (wrong type) or a
 * {@link ValueError} (wrong value) instead.
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
  /** A stable code, for example `IOTHUB_CREDENTIAL`. */
  abstract readonly code: string
  /** The same call may succeed later with the same arguments. */
  readonly retryable: boolean

  constructor(message: string, options?: IoTHubErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.retryable = options?.retryable ?? false
  }
}
