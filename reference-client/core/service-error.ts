/**
 * What the service says of a refusal, whatever the form: JSON, JSON inside a message, or text.
 * Source: docs/contract/errors.md#errors-bodies.
 */

import { ServiceError } from './errors.ts'

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
