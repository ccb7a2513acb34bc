/** Shared access signatures: parsing, signature, scope and expiry. */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { base64Problem } from '../../base/base64.ts'

export interface SasToken {
  /** The resource exactly as sent, because this text was signed (WIRE-AUTH-02). */
  readonly sr: string
  /** base64, decoded from its percent-encoding. */
  readonly sig: string
  /** Exactly as sent, unix seconds. */
  readonly se: string
  /** Name of the shared access policy. */
  readonly skn: string | undefined
}

/**
 * Parses `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`: two words, fields in any order and case; of two fields of one
 * name the first counts.
 * @returns the token, or a text that says what is wrong and contains nothing of the token.
 */
export function parseSasToken(text: string): SasToken | string {
  const words = text.trim().split(/\s+/)
  if (words.length !== 2) return `${String(words.length)} words`
  const [scheme = '', query = ''] = words
  if (scheme.toLowerCase() !== 'sharedaccesssignature') return 'another scheme'
  const fields = new Map<string, string>()
  for (const part of query.split('&')) {
    const equals = part.indexOf('=')
    if (equals < 1) return 'a field without ='
    const name = part.slice(0, equals).toLowerCase()
    if (!fields.has(name)) fields.set(name, part.slice(equals + 1))
  }
  for (const name of ['sr', 'sig', 'se']) if ((fields.get(name) ?? '') === '') return `no field ${name}`
  const se = fields.get('se') ?? ''
  if (!/^\d{1,20}$/.test(se)) return 'a field se that is not a number of seconds'
  const sig = decoded(fields.get('sig') ?? '')
  if (sig === undefined) return 'a field sig that cannot be percent-decoded'
  const skn = fields.get('skn')
  return {
    sr: fields.get('sr') ?? '',
    sig,
    se,
    skn: skn === undefined || skn === '' ? undefined : (decoded(skn) ?? skn),
  }
}

/** What {@link signatureProblem} looks for, in words. */
export const SIGNATURE_RULE = 'sig to be base64 (+ and /, padded with =), percent-encoded'

/** What keeps the signature from being base64, and the mistake of a client that looks so; undefined: nothing. */
export function signatureProblem({ sig }: SasToken): string | undefined {
  return base64Problem(sig)
}

/** Whether this key made the signature; call it when {@link signatureProblem} finds none. Compared in constant time. */
export function isSignedWith(token: SasToken, keyBase64: string): boolean {
  const wanted = createHmac('sha256', Buffer.from(keyBase64, 'base64'))
    .update(`${token.sr}\n${token.se}`)
    .digest()
  const given = Buffer.from(token.sig, 'base64')
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** Whether one of the two keys made the signature. */
export function isSignedByEither(
  token: SasToken,
  { primaryKey, secondaryKey }: { readonly primaryKey: string | null; readonly secondaryKey: string | null },
): boolean {
  return (
    (primaryKey !== null && isSignedWith(token, primaryKey)) ||
    (secondaryKey !== null && isSignedWith(token, secondaryKey))
  )
}

/** Expiry in epoch ms. A token with milliseconds in `se` is valid for a long time (WIRE-AUTH-14). */
export function expiryOf(token: SasToken): number {
  return Number(token.se) * 1000
}

/** The Go SDK's module client encodes twice. */
const MOST_DECODINGS = 3

/**
 * The resource as path segments, once for each possible level of percent-encoding; the host in lower case and without its
 * port. An id may contain `%`, so the level is not known.
 */
export function* scopesOf(sr: string): Iterable<readonly string[]> {
  let text = sr
  for (let round = 0; round <= MOST_DECODINGS; round++) {
    const [host = '', ...path] = text.split('/')
    if (path.at(-1) === '') path.pop()
    yield [host.toLowerCase().replace(/:\d+$/, ''), ...path]
    const next = decoded(text)
    if (next === undefined || next === text) return
    text = next
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
