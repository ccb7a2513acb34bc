/**
 * Receives direct method requests and sends their responses.
 * Source: docs/contract/client/methods.md#client-method-response.
 */

import type { Scope } from '../core/call.ts'
import type { JsonValue } from '../core/models/json.ts'
import { MethodRequest } from '../core/models/method.ts'
import { methodResponseTopic } from '../mqtt/topics.ts'
import { publish, type Session } from './session.ts'
import { unexpected } from './telemetry.ts'
import { jsonOf } from './twin.ts'

/** An empty payload is `null`. @throws Error when the payload is not JSON. */
export function parseMethodRequest(requestId: string, methodName: string, payload: Buffer): MethodRequest {
  const text = payload.toString('utf8')
  return new MethodRequest(requestId, methodName, text === '' ? null : (JSON.parse(text) as JsonValue))
}

/**
 * Settles with the hub's acknowledgement.
 * @throws ClientError when the argument is not a response, or its payload cannot be serialized as JSON.
 */
export function sendMethodResponse(
  session: Session,
  response: unknown,
  scope: Scope | undefined,
): Promise<void> {
  if (!isResponse(response)) {
    throw unexpected(new TypeError('A method response must have a requestId, a status and a payload'))
  }
  const { requestId, status, payload } = response
  return publish(session, methodResponseTopic(requestId, status), jsonOf(payload ?? null), scope)
}

function isResponse(
  value: unknown,
): value is { requestId: string; status: number | string; payload?: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'requestId' in value &&
    typeof value.requestId === 'string' &&
    'status' in value &&
    (typeof value.status === 'number' || typeof value.status === 'string')
  )
}
