/** Topics of the provisioning service (DPS-REG-01, DPS-REG-04, DPS-POLL-01). */

import { percentDecoded } from '../../base/percent.ts'
import { parameter, requestIdIn } from '../codec/topic-parameters.ts'

/** The only filter that a device may subscribe to. */
export const ANSWERS = '$dps/registrations/res/#'

export type RegistrationRequest =
  | { readonly type: 'register'; readonly requestId: string }
  | { readonly type: 'poll'; readonly requestId: string; readonly operationId: string }

const REGISTER = '$dps/registrations/PUT/iotdps-register/?'
const POLL = '$dps/registrations/GET/iotdps-get-operationstatus/?'

/** @returns undefined: a device may not publish to this topic. @throws MalformedPacket for a request id that is too long. */
export function parseRequestTopic(topic: string): RegistrationRequest | undefined {
  if (topic.startsWith(REGISTER)) {
    const requestId = requestIdIn(topic.slice(REGISTER.length))
    return requestId === undefined ? undefined : { type: 'register', requestId }
  }
  if (!topic.startsWith(POLL)) return undefined
  const query = topic.slice(POLL.length)
  const requestId = requestIdIn(query)
  const operationId = parameter(query, 'operationId')
  return requestId === undefined || operationId === undefined
    ? undefined
    : { type: 'poll', requestId, operationId: percentDecoded(operationId) }
}

/** The request id is echoed as it came; `$rid` is first, and `retry-after` a part of its own. */
export function formatAnswerTopic(status: number, requestId: string, retryAfter?: number): string {
  const tail = retryAfter === undefined ? '' : `&retry-after=${String(retryAfter)}`
  return `$dps/registrations/res/${String(status)}/?$rid=${requestId}${tail}`
}
