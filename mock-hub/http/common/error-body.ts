/**
 * A refusal in the words of the REST service: status, `iothub-errorcode` header, and one of two body shapes.
 * Which shape is told by the api-version (wire contract 4.4, 7.5).
 */

import { randomBytes } from 'node:crypto'
import type { HubError } from '../../core/errors/hub-error.ts'
import { trackingTime, utcText } from '../../base/time-text.ts'

export interface ErrorBody {
  readonly Message: string
  readonly ExceptionMessage: string
}

/**
 * @param apiVersion of the request. From 2018 on the message is JSON text (shape 2), before it `ErrorCode:X;text`
 *   (shape 1). 401 keeps shape 1 in every version: seen on live hubs in 2019 and 2022 (WIRE-ERR-05).
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
