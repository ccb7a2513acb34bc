/** Etags and the `If-Match` header (WIRE-REG-05, WIRE-TWIN-32, WIRE-TWIN-36). */

import type { IfMatch } from './registry.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'

/** A registry etag: base64 of decimal text. */
export function registryEtag(counter: number): string {
  return Buffer.from(String(counter)).toString('base64')
}

/** The counter of a registry etag; 0 for any other text. */
export function registryCounter(etag: string): number {
  const counter = Number(Buffer.from(etag, 'base64').toString())
  return Number.isSafeInteger(counter) ? counter : 0
}

/** A twin etag: base64 of an 8-byte big-endian counter (WIRE-TWIN-32). */
export function twinEtag(counter: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(counter))
  return bytes.toString('base64')
}

/** The counter of a twin etag; 0 for any other text. */
export function twinCounter(etag: string): number {
  const bytes = Buffer.from(etag, 'base64')
  return bytes.length === 8 ? Number(bytes.readBigUInt64BE()) : 0
}

/**
 * Compares an `If-Match` header with an etag.
 * @param ifMatch `*`, `"*"`, `"etag"` or `etag`; undefined matches any etag.
 * @param rule id of the rule that a refusal names.
 * @throws HubError PreconditionFailed when the etag is not the current one.
 */
export function checkIfMatch(ifMatch: IfMatch, etag: string, rule: string): void {
  if (ifMatch === undefined) return
  const wanted = ifMatch.trim().replace(/^(?:W\/)?"(.*)"$/s, '$1')
  if (wanted === '*' || wanted === etag) return
  throw new HubError({
    kind: 'PreconditionFailed',
    rule,
    expected: `If-Match to be "${etag}" or "*"`,
    received: quoted(ifMatch),
  })
}
