/** The tokens that identities have shown, so that a test can let those of one identity expire at once. */

import { identityKey, type Identity } from '../contract/identity.ts'
import type { Registry } from '../contract/registry.ts'
import type { SasToken } from './sas-token.ts'
import { unauthorized } from './unauthorized.ts'

/** Tokens of one identity that are remembered; the newest are those that it uses. */
const MOST_REMEMBERED = 8

interface Tokens {
  /** Signatures, oldest first. */
  readonly shown: Set<string>
  readonly expired: Set<string>
}

export class ShownTokens {
  readonly #byIdentity = new Map<string, Tokens>()

  /** An identity that is deleted takes its tokens along. */
  constructor(registry: Pick<Registry, 'onChange'>) {
    registry.onChange(({ type, record }) => {
      if (type === 'deleted') this.#byIdentity.delete(identityKey(record.identity))
    })
  }

  /** @throws HubError IotHubUnauthorizedAccess for a token that a test has let expire. */
  check(identity: Identity, { sig }: SasToken): void {
    if (this.#byIdentity.get(identityKey(identity))?.expired.has(sig) !== true) return
    throw unauthorized(
      'WIRE-AUTH-12',
      'a token that has not expired',
      'one that expireToken has let expire (a token that is made in the same second with the same lifetime is the same token)',
      'the token has expired',
    )
  }

  /** Remembers a token that was accepted. */
  add(identity: Identity, { sig }: SasToken): void {
    const key = identityKey(identity)
    const tokens = this.#byIdentity.get(key) ?? { shown: new Set(), expired: new Set() }
    this.#byIdentity.set(key, tokens)
    remember(tokens.shown, sig)
  }

  /** @returns whether the identity has shown a token. */
  expire(identity: Identity): boolean {
    const tokens = this.#byIdentity.get(identityKey(identity))
    if (tokens === undefined || tokens.shown.size === 0) return false
    for (const sig of tokens.shown) remember(tokens.expired, sig)
    tokens.shown.clear()
    return true
  }
}

function remember(signatures: Set<string>, sig: string): void {
  signatures.delete(sig)
  signatures.add(sig)
  if (signatures.size <= MOST_REMEMBERED) return
  const [oldest = ''] = signatures
  signatures.delete(oldest)
}
