/** A request of a scenario and its answer, as the audit reads them. */

import { jsonOf, type RawRequest, type RawResponse } from '../raw-clients/https-client.ts'

export interface Exchange {
  readonly method: string
  /** The segments of the path, decoded, in the case in which they were sent. */
  readonly path: readonly string[]
  readonly apiVersion: string | undefined
  /** `If-Match`; undefined: none. */
  readonly ifMatch: string | undefined
  /** The body as JSON; undefined: it is none. */
  readonly asked: unknown
  readonly response: RawResponse
  /** The body of the answer as JSON; undefined: it is none. */
  readonly answered: unknown
  /** The time of the hub when the answer came, epoch ms. */
  readonly at: number
  /** Another request was under way at the same time: nobody knows which was first. */
  readonly isAlone: boolean
}

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The field of an object; undefined: there is none of this name. */
export function field(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

export function exchangeOf(
  { method, path, headers, body }: RawRequest,
  response: RawResponse,
  when: Pick<Exchange, 'at' | 'isAlone'>,
): Exchange {
  const [place = '', query = ''] = path.split('?')
  const ifMatch = Object.entries(headers).find(([name]) => name.toLowerCase() === 'if-match')?.[1]
  return {
    method,
    path: place.split('/').slice(1).map(decoded),
    apiVersion: new URLSearchParams(query).get('api-version') ?? undefined,
    ifMatch,
    asked: body === undefined ? undefined : jsonOf(body),
    response,
    answered: jsonOf(response.body),
    ...when,
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** What is wrong with an exchange, in one sentence each. */
export type Rule = (exchange: Exchange) => readonly string[]

/** `GET /devices/d 200`. */
export function named({ method, path, response }: Exchange): string {
  return `${method} /${path.join('/')} ${String(response.status)}`
}
