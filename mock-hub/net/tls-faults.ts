/**
 * What may happen to a new TCP connection before its protocol speaks: levers `tcp.refuse` and `tls.*`. Every port with
 * TLS lets its connections in through here, so that a lever strikes whichever the client has chosen.
 */

import type { Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { Json } from '../base/json.ts'
import type { Faults } from '../core/contract/faults.ts'

/** Server certificate and key in PEM; an EC key costs half the CPU of an RSA key per connection. */
export interface ServerCredentials {
  readonly key: string
  /** The certificate, followed by its issuers. */
  readonly cert: string
}

/** Certificates with which a hub can be wrong. */
export type TlsVariant = 'unknown_ca' | 'wrong_name' | 'expired' | 'not_yet_valid'

export interface TlsFaultOptions {
  readonly faults: Faults
  /** What is shown when nothing is wrong. */
  readonly credentials: () => ServerCredentials
  /** Gives the certificates of the levers `tls.unknown_ca` and its kind; left out: those levers do nothing. */
  readonly variants?: ((variant: TlsVariant) => Promise<ServerCredentials>) | undefined
}

const VARIANTS: readonly string[] = ['unknown_ca', 'wrong_name', 'expired', 'not_yet_valid']

/**
 * Lets a connection in.
 * @param regular begins TLS as always.
 * @param spoilt begins TLS with these settings beside the usual ones.
 */
export function acceptTls(
  { faults, credentials, variants }: TlsFaultOptions,
  socket: Socket,
  regular: () => void,
  spoilt: (settings: TlsOptions) => void,
): void {
  if (faults.idle) {
    regular()
    return
  }
  if (faults.match('tcp', undefined, ['refuse']) !== undefined) {
    socket.resetAndDestroy()
    return
  }
  const met = faults.match('tls')
  if (met === undefined) regular()
  else if (met.effect === 'stall') return
  else if (met.effect === 'alert') alert(socket, met.parameters)
  else if (VARIANTS.includes(met.effect))
    // One of the list above.
    void Promise.resolve(variants?.(met.effect as TlsVariant)).then((wrong) => {
      spoilt(wrong ?? credentials())
    })
  else spoilt(settingsOf(met.effect, met.parameters, credentials()))
}

/** How a handshake is spoilt that shows the right certificate. */
function settingsOf(
  effect: string,
  parameters: Readonly<Record<string, Json>>,
  credentials: ServerCredentials,
): TlsOptions {
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
      const { certificates = 400 } = parameters
      const cert = `${credentials.cert.trimEnd()}\n`
      return { ...credentials, cert: cert.repeat(Number(certificates)) }
    }
    default:
      // no_resumption: a server of its own does not know the tickets of the other.
      return credentials
  }
}

/** A fatal alert in answer to the first bytes of the client (RFC 8446, section 6). */
function alert(socket: Socket, { description = 40 }: Readonly<Record<string, Json>>): void {
  socket.once('data', () => {
    socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, Number(description)]))
  })
}
