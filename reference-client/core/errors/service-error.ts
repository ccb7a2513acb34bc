/**
 * What the service says when it refuses a request: JSON, JSON inside a message, or text.
 * Source: docs/contract/errors.md#errors-bodies.
 */

import { IoTHubError } from './iot-hub-error.ts'

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

/** @param body - of the answer. */
export function serviceErrorFrom(message: string, status: number, body: string): ServiceError {
  const plain = body.replaceAll('\\', '') // JSON inside a text of JSON
  const errorCode = /"?errorCode"?\s*:\s*"?(\d{6})\b/i.exec(plain)?.[1]
  return new ServiceError(message, {
    status,
    errorCode: errorCode === undefined ? undefined : Number(errorCode),
    trackingId: /"?tracking ?id"?\s*:\s*"?([^"]+)/i.exec(plain)?.[1],
  })
}
