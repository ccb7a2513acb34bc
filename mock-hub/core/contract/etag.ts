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
 * The condition of an `If-Match` header: `*` for any etag that there is, otherwise the etag that it wants.
 * @returns undefined: no condition. An empty etag (`""`) asks for nothing, and one without quotes is not seen.
 */
export function wantedEtag(ifMatch: IfMatch): string | undefined {
  if (ifMatch === undefined) return undefined
  if (ifMatch.trim() === '*') return '*'
  const [, etag = ''] = /^\s*(?:W\/)?"([^"]*)"/.exec(ifMatch) ?? []
  return etag === '' ? undefined : etag
}

/** Devices and modules are written with an etag without quotes too, where other resources do not see one (WIRE-REG-42). */
export function quotedIfMatch(ifMatch: IfMatch): IfMatch {
  const bare = ifMatch?.trim() ?? ''
  return bare === '' || bare === '*' || bare.includes('"') ? ifMatch : `"${bare}"`
}

/** A device or module is removed with an etag or `*` alone (WIRE-REG-43). @throws HubError PreconditionFailed. */
export function checkGiven(ifMatch: IfMatch): void {
  if (wantedEtag(quotedIfMatch(ifMatch)) !== undefined) return
  throw new HubError({
    kind: 'PreconditionFailed',
    message: 'Etag missing',
    rule: 'WIRE-REG-43',
    expected: 'If-Match with the etag in quotation marks, or *',
    received: ifMatch === undefined ? 'no If-Match' : quoted(ifMatch),
  })
}

/** The `If-Match` header that wants this etag; `*` without one. */
export function ifMatchOf(etag: string | null | undefined): string {
  const bare = etag?.replace(/^"(.*)"$/s, '$1') ?? ''
  return bare === '' ? '*' : `"${bare}"`
}

/** What a refusal of {@link checkIfMatch} says. */
export interface Mismatch {
  /** Id of the rule. */
  readonly rule: string
  /** The text for the caller. @param wanted the etag of the header. */
  readonly message: (wanted: string) => string
}

/** @throws HubError PreconditionFailed when the header wants another etag than the current one. */
export function checkIfMatch(ifMatch: IfMatch, etag: string, { rule, message }: Mismatch): void {
  const wanted = wantedEtag(ifMatch)
  if (wanted === undefined || wanted === '*' || wanted === etag) return
  throw new HubError({
    kind: 'PreconditionFailed',
    message: message(wanted),
    rule,
    expected: `If-Match to be "${etag}" or "*"`,
    received: quoted(ifMatch ?? ''),
  })
}

/** DELETE reads an etag without quotes, and refuses it, where other methods do not see one. @throws HubError PreconditionFailed. */
export function checkQuotes(ifMatch: IfMatch, rule: string): void {
  if (ifMatch === undefined || /^\s*(?:\*|(?:W\/)?".*)?\s*$/s.test(ifMatch)) return
  throw new HubError({
    kind: 'PreconditionFailed',
    message: 'Precondition failed: Invalid ETag',
    rule,
    expected: 'If-Match with the etag in quotation marks, or *',
    received: quoted(ifMatch),
  })
}
