/** The certificates of a TLS client, as the core wants them. */

import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

/** The certificates that a TLS client has shown, in DER, leaf first. */
export function certificateChain(socket: TLSSocket): readonly Buffer[] | undefined {
  const chain: Buffer[] = []
  // For a client without certificate this is an empty object, whatever the types say.
  let next: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true)
  while (next?.raw !== undefined && !chain.some((seen) => next?.raw?.equals(seen))) {
    chain.push(next.raw)
    next = next.issuerCertificate
  }
  return chain.length === 0 ? undefined : chain
}
