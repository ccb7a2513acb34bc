/** Etags and the `If-Match` header (wire contract 3.3, 7.2). */

import type { IfMatch } from './registry.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'

/** A registry etag: base64 of decimal text. */
export function registryEtag(counter: number): string {
  return Buffer.from(String(counter)).toString('base64')
}

/** The reverse of {@link registryEtag}; 0 for what is none. */
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

/** The reverse of {@link twinEtag}; 0 for what is none. */
export function twinCounter(etag: string): number {
  const bytes = Buffer.from(etag, 'base64')
  return bytes.length === 8 ? Number(bytes.readBigUInt64BE()) : 0
}

/**
 * `*`, `"*"`, `"etag"`, `etag`; left out: anything matches.
 * @param rule the wire statement that the refusal names.
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
