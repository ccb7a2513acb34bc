/** Shared access signatures: read, and checked against a key, a resource and a time (wire contract 1.5). */

import { createHmac, timingSafeEqual } from 'node:crypto'

export interface SasToken {
  /** The resource exactly as sent: that text is what was signed (WIRE-AUTH-02). */
  readonly sr: string
  /** base64, decoded from its percent-encoding. */
  readonly sig: string
  /** Exactly as sent, unix seconds. */
  readonly se: string
  /** Name of the shared access policy. */
  readonly skn: string | undefined
}

/**
 * Reads `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`: two words, fields in any order and case, the first of two
 * of one name (CSharp SDK, SharedAccessSignature.cs).
 * @returns what is wrong, in words that hold nothing of the token, when it is none.
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
  if (!/^\d{1,20}$/.test(se)) return 'a field se that is no number of seconds'
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

/** Whether this key made the signature; takes the same time wherever they differ. */
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

/** Expiry in epoch ms. A client that sends milliseconds is simply valid for long (WIRE-AUTH-14). */
export function expiryOf(token: SasToken): number {
  return Number(token.se) * 1000
}

/** Encoded twice by some (the Go SDK's module client); more is nobody's custom. */
const MOST_DECODINGS = 3

/**
 * The resource as path segments in each reading that its percent-encoding allows; the host in lower case and without
 * its port. An id may hold `%` itself, so no reading is the only right one.
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
