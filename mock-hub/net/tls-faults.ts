/** Faults that fire on a new TCP connection before its protocol speaks: `tcp.refuse` and `tls.*`. */

import type { Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { numberParameter, type FaultMatch, type Faults } from '../core/contract/faults.ts'

/** Server certificates and their keys in PEM: one pair, or one for each kind of key, in the same order. */
export interface ServerCredentials {
  readonly key: string | string[]
  /** Each certificate may be followed by issuers. */
  readonly cert: string | string[]
}

/** Chains of `tls.unknown_ca`. */
type UnknownChain = 'missing_issuer' | 'self_signed_root' | 'self_signed_leaf'
/** Other certificates that the hub can show; the last three are good. */
export type TlsVariant =
  | UnknownChain
  | 'wrong_name'
  | 'name_below'
  | 'expired'
  | 'not_yet_valid'
  | 'rotated'
  | 'other_root'
  | 'many_names'

export interface TlsFaultOptions {
  readonly faults: Faults
  /** What the hub shows without a fault. */
  readonly credentials: () => ServerCredentials
  /** Makes the certificates of `tls.unknown_ca` and its siblings; undefined: those faults change nothing. */
  readonly variants?: ((variant: TlsVariant) => Promise<ServerCredentials>) | undefined
}

/** How a connection can go on. */
export interface TlsSteps {
  /** Begins TLS as always. */
  begin(): void
  /** Begins TLS with these settings in place of the usual ones. */
  beginWith(settings: TlsOptions): void
  /** The settings of the fault cannot be had: the connection is closed. */
  fail(error: unknown): void
}

const VARIANTS: ReadonlyMap<string, (match: FaultMatch) => TlsVariant> = new Map<
  string,
  (match: FaultMatch) => TlsVariant
>([
  // One of its values: the fault has been checked when it was armed.
  ['unknown_ca', ({ parameters: { chain } }) => (chain ?? 'missing_issuer') as UnknownChain],
  ['wrong_name', ({ parameters: { name } }) => (name === 'below' ? 'name_below' : 'wrong_name')],
  ['expired', () => 'expired'],
  ['not_yet_valid', () => 'not_yet_valid'],
  ['rotated', () => 'rotated'],
  ['other_root', () => 'other_root'],
  ['many_names', () => 'many_names'],
])

/** Lets a connection go on, as an armed fault says. */
export function acceptTls(options: TlsFaultOptions, socket: Socket, steps: TlsSteps): void {
  const { faults, credentials, variants } = options
  if (faults.idle) {
    steps.begin()
    return
  }
  if (faults.match('tcp', undefined, ['refuse']) !== undefined) {
    socket.resetAndDestroy()
    return
  }
  const match = faults.match('tls')
  const variantOf = match && VARIANTS.get(match.effect)
  if (match === undefined) steps.begin()
  else if (match.effect === 'stall') return
  else if (match.effect === 'alert') alert(socket, match)
  else if (variantOf !== undefined)
    Promise.resolve(variants?.(variantOf(match))).then(
      (variant) => {
        steps.beginWith(variant ?? credentials())
      },
      (error: unknown) => {
        steps.fail(error)
      },
    )
  else steps.beginWith(settingsOf(match, credentials()))
}

/** Settings of a handshake that goes wrong although the certificate is right. */
function settingsOf(match: FaultMatch, credentials: ServerCredentials): TlsOptions {
  const { effect, parameters } = match
  switch (effect) {
    case 'old_protocol':
      // Node's OpenSSL offers TLS 1.1 only at security level 0.
      return { ...credentials, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }
    case 'cipher_allowlist': {
      const { ciphers } = parameters
      return { ...credentials, maxVersion: 'TLSv1.2', ...(typeof ciphers === 'string' ? { ciphers } : {}) }
    }
    case 'require_client_cert':
      return { ...credentials, requestCert: true, rejectUnauthorized: true }
    case 'oversized_chain': {
      const times = numberParameter(match, 'certificates', 400)
      const cert = [credentials.cert].flat().map((one) => `${one.trimEnd()}\n`.repeat(times))
      return { ...credentials, cert }
    }
    default:
      // no_resumption: the other server does not know the tickets of the usual one.
      return credentials
  }
}

/** A fatal alert in answer to the first bytes of the client (RFC 8446, section 6). */
function alert(socket: Socket, match: FaultMatch): void {
  socket.once('data', () => {
    socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, numberParameter(match, 'description', 40)]))
  })
}
