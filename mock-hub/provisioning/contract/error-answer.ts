/** How the service answers a refusal, whatever the protocol (DPS-ERR-01). */

import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../base/json.ts'
import { utcText } from '../../base/time-text.ts'
import type { HubError } from '../../core/errors/hub-error.ts'

/** Status, `retry-after` and body of an error. */
export interface ErrorAnswer {
  readonly status: number
  /** Seconds; with 429 and 5xx only. */
  readonly retryAfter: number | undefined
  /** Six digits; over HTTPS also `x-ms-error-code`. */
  readonly errorCode: number
  /** Over HTTPS also `x-ms-request-id`. */
  readonly trackingId: string
  readonly body: JsonObject
}

/** Seconds of `retry-after` when the refusal names none. */
const DEFAULT_RETRY = 3

/** @param now epoch ms. */
export function errorAnswer(error: HubError, now: number): ErrorAnswer {
  const { status, message } = error
  const wait = error.info?.['retryAfter']
  const retryAfter =
    status === 429 || status >= 500 ? (typeof wait === 'number' ? wait : DEFAULT_RETRY) : undefined
  const trackingId = randomUUID()
  // The service's own code of an unexpected error is another one than the hub's.
  const errorCode = error.kind === 'ServerError' ? status * 1000 : error.code
  return {
    status,
    retryAfter,
    errorCode,
    trackingId,
    body: { errorCode, trackingId, message, timestampUtc: utcText(now) },
  }
}
