/** The certificates that a client has sent in its TLS handshake. */

import { TLSSocket, type DetailedPeerCertificate } from 'node:tls'
import type { Duplex } from 'node:stream'

/** Leaf first, then the issuers in DER; undefined: the client sent none, or the link is not TLS. */
export function clientCertificates(socket: Duplex): readonly Buffer[] | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const chain: Buffer[] = []
  // Node gives an empty object when there is no certificate, and a root as its own issuer.
  let next = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate>
  while (next.raw !== undefined && !chain.some((known) => known.equals(next.raw ?? known))) {
    chain.push(next.raw)
    next = next.issuerCertificate ?? {}
  }
  return chain.length === 0 ? undefined : chain
}
