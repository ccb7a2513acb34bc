/** TLS contexts of clients without a certificate: reading the roots costs as much as a handshake, so it is done once. */

import { createSecureContext, type SecureContext } from 'node:tls'

const contexts = new Map<string, SecureContext>()

/** @param caPem the roots to trust. @default those of the system */
export function trusting(caPem: string | undefined): { readonly secureContext?: SecureContext } {
  if (caPem === undefined) return {}
  const secureContext = contexts.get(caPem) ?? createSecureContext({ ca: caPem })
  contexts.set(caPem, secureContext)
  return { secureContext }
}
