/**
 * The error responses of the service: JSON, JSON inside a JSON string, or text.
 * Source: docs/contract/errors.md#errors-bodies.
 */

import { IoTHubError } from './iot-hub-error.ts'

/**
 * The error response of the service; usually the `cause` of a {@link ClientError}.
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
  /** A stable code. */
  readonly code = 'IOTHUB_SERVICE'
  /** Status of the response: an HTTP status, or the status in the topic of a twin response. */
  readonly status: number
  /** The six-digit error code of the service, if the response has one. */
  readonly errorCode: number | undefined
  /** The tracking id of the service, if the response has one. */
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

/** @param body - body of the response. */
export function serviceErrorFrom(message: string, status: number, body: string): ServiceError {
  const plain = body.replaceAll('\\', '') // JSON inside a JSON string
  const errorCode = /"?errorCode"?\s*:\s*"?(\d{6})\b/i.exec(plain)?.[1]
  return new ServiceError(message, {
    status,
    errorCode: errorCode === undefined ? undefined : Number(errorCode),
    trackingId: /"?tracking ?id"?\s*:\s*"?([^"]+)/i.exec(plain)?.[1],
  })
}
