/** The SAS tokens of the suite: an implementation of its own, independent of hub and client. */

import { createHmac } from 'node:crypto'

export interface TokenParts {
  /** `{host}/devices/{device}[/modules/{module}]`. */
  readonly resource: string
  /** base64. */
  readonly key: string
  /** Epoch seconds. */
  readonly expiry: number
}

/** `SharedAccessSignature sr=…&sig=…&se=…` */
export function signToken({ resource, key, expiry }: TokenParts): string {
  const sr = encodeURIComponent(resource)
  const sig = signature(`${sr}\n${String(expiry)}`, key)
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${String(expiry)}`
}

/** HMAC-SHA256 in base64. */
export function signature(text: string, key: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64')
}

/** The fields of a token, decoded. */
export function readToken(token: string): Readonly<Record<string, string>> {
  const fields = token.replace(/^SharedAccessSignature /, '').split('&')
  return Object.fromEntries(
    fields.map((field) => {
      const cut = field.indexOf('=')
      return [field.slice(0, cut), decodeURIComponent(field.slice(cut + 1))]
    }),
  )
}

/** Whether the signature matches the resource as it is written in the token. */
export function isSignedWith(token: string, key: string): boolean {
  const sr = /(?:^| |&)sr=([^&]+)/.exec(token)?.[1] ?? ''
  const { sig, se } = readToken(token)
  return sig === signature(`${sr}\n${se ?? ''}`, key)
}
