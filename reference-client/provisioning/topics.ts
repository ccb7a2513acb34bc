/**
 * The topics of the provisioning service, its user name and the resource of its tokens.
 * Source: docs/contract/provisioning.md.
 */

import { percentEncode } from '../core/percent.ts'
import { AGENT } from '../mqtt/connect-username.ts'

const API_VERSION = '2019-03-31'
export const ANSWERS_FILTER = '$dps/registrations/res/#'
const ANSWER = /^\$dps\/registrations\/res\/(\d{3})\/\?(.*)$/s

/** `sr` of a token, percent-encoded, including the slashes. */
export function registrationResource(idScope: string, registrationId: string): string {
  return percentEncode(`${idScope}/registrations/${registrationId}`)
}

export function registrationUsername(idScope: string, registrationId: string, agent = AGENT): string {
  const query = `api-version=${API_VERSION}&ClientVersion=${percentEncode(agent)}`
  return `${idScope}/registrations/${registrationId}/${query}`
}

export function registerTopic(requestId: string): string {
  return `$dps/registrations/PUT/iotdps-register/?$rid=${percentEncode(requestId)}`
}

export function pollTopic(requestId: string, operationId: string): string {
  const query = `$rid=${percentEncode(requestId)}&operationId=${percentEncode(operationId)}`
  return `$dps/registrations/GET/iotdps-get-operationstatus/?${query}`
}

/** What the topic of an answer says. */
export interface AnswerTopic {
  readonly status: number
  readonly requestId: string
  /** Seconds; undefined: the service names none. */
  readonly retryAfter: number | undefined
}

/** @returns undefined: it is not the topic of an answer. */
export function parseAnswerTopic(topic: string): AnswerTopic | undefined {
  const match = ANSWER.exec(topic)
  if (match === null) return undefined
  const parameters = new Map<string, string>()
  for (const pair of (match[2] ?? '').split('&')) {
    const cut = pair.indexOf('=')
    if (cut > 0 && !parameters.has(pair.slice(0, cut)))
      parameters.set(pair.slice(0, cut), pair.slice(cut + 1))
  }
  const requestId = parameters.get('$rid')
  const retryAfter = parameters.get('retry-after') ?? ''
  return requestId === undefined
    ? undefined
    : {
        status: Number(match[1]),
        requestId: decoded(requestId),
        retryAfter: /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : undefined,
      }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
