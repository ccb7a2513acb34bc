/**
 * The root of the errors that this client reports: the documented classes with a stable `code` and a `cause`. Tell them
 * apart by class or code, never by text. No text contains a key, a signature or a token.
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
