/** What follows the `?` of the topics of requests: parameters joined by `&`. */

import { MalformedPacket } from './frames.ts'

/** With this many bytes, the topic of the answer stays below the 65,535 that a text of MQTT has at most. */
const LONGEST_REQUEST_ID = 65_000

/** The raw value; an empty one counts as missing. @returns undefined: there is none. */
export function parameter(query: string, name: string): string | undefined {
  for (const pair of query.split('&'))
    if (pair.startsWith(`${name}=`) && pair.length > name.length + 1) return pair.slice(name.length + 1)
  return undefined
}

/**
 * The request id, which is opaque and returned as it is (WIRE-TWIN-05, DPS-REG-05).
 * @returns undefined: there is none.
 * @throws MalformedPacket: it is too long to be returned.
 */
export function requestIdIn(query: string): string | undefined {
  const requestId = parameter(query, '$rid')
  const length = requestId === undefined ? 0 : Buffer.byteLength(requestId)
  if (length <= LONGEST_REQUEST_ID) return requestId
  throw new MalformedPacket(
    `a request id of ${String(length)} bytes: with more than ${String(LONGEST_REQUEST_ID)} the topic of the answer is too long`,
  )
}
