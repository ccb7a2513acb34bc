/** The error bodies of the service: the api-version selects one of two formats (docs/contract/errors.md). */

import { randomBytes } from 'node:crypto'
import type { HubError } from '../../core/errors/hub-error.ts'
import { trackingTime, utcText } from '../../base/time-text.ts'

export interface ErrorBody {
  readonly Message: string
  readonly ExceptionMessage: string
}

/**
 * The body for a refusal.
 * @param apiVersion of the request. From 2018 on the message is JSON text (format 2), before that `ErrorCode:X;text`
 *   (format 1). A 401 has format 1 in every version: captured from live hubs in 2019 and 2022 (WIRE-ERR-05).
 * @param now epoch ms.
 */
export function errorBody(error: HubError, apiVersion: string | undefined, now: number): ErrorBody {
  const trackingId = `${randomBytes(16).toString('hex')}-G:0-TimeStamp:${trackingTime(now)}`
  if (apiVersion === undefined || apiVersion < '2018' || error.status === 401)
    return {
      Message: `ErrorCode:${error.kind};${error.message}`,
      ExceptionMessage: `Tracking ID:${trackingId}`,
    }
  return {
    Message: JSON.stringify({
      errorCode: error.code,
      trackingId,
      message: error.message,
      ...(error.info === undefined ? {} : { info: error.info }),
      timestampUtc: utcText(now),
    }),
    ExceptionMessage: '',
  }
}
