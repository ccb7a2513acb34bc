/** Topics of the provisioning service (DPS-REG-01, DPS-REG-04, DPS-POLL-01). */

import { percentDecoded } from '../../base/percent.ts'

/** The only filter that a device may subscribe to. */
export const ANSWERS = '$dps/registrations/res/#'

export type RegistrationRequest =
  | { readonly type: 'register'; readonly requestId: string }
  | { readonly type: 'poll'; readonly requestId: string; readonly operationId: string }

const REGISTER = '$dps/registrations/PUT/iotdps-register/?'
const POLL = '$dps/registrations/GET/iotdps-get-operationstatus/?'

/** @returns undefined: a device may not publish to this topic. */
export function parseRequestTopic(topic: string): RegistrationRequest | undefined {
  if (topic.startsWith(REGISTER)) {
    const requestId = parameter(topic.slice(REGISTER.length), '$rid')
    return requestId === undefined ? undefined : { type: 'register', requestId }
  }
  if (!topic.startsWith(POLL)) return undefined
  const query = topic.slice(POLL.length)
  const requestId = parameter(query, '$rid')
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

/** The raw value; undefined: there is none. */
function parameter(query: string, name: string): string | undefined {
  for (const pair of query.split('&'))
    if (pair.startsWith(`${name}=`) && pair.length > name.length + 1) return pair.slice(name.length + 1)
  return undefined
}
