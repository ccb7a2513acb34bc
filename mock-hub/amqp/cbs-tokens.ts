/** The tokens of one connection, what depends on each, and the end of those that are not renewed (wire contract 1.11). */

import type { Hub } from '../core/contract/hub.ts'
import type { IdentityPrincipal, Permission } from '../core/contract/principal.ts'
import { HubError } from '../core/errors/hub-error.ts'
import type { Identity } from '../core/contract/identity.ts'
import { allows, pathOf, unauthorized } from './grants.ts'
import type { Grant } from './grants.ts'

/** Told when the token it lives by has expired and its grace is over. */
export type Dependent = (error: HubError) => void

interface Held {
  grant: Grant
  readonly dependents: Set<Dependent>
  cancelWatch: () => void
}

/** A connection that puts more than this is refused the next (error 403005). */
const MOST_TOKENS = 1_000

export class CbsTokens {
  readonly #hub: Hub
  readonly #certificates: readonly Buffer[] | undefined
  readonly #held = new Map<string, Held>()

  constructor(hub: Hub, certificates: readonly Buffer[] | undefined) {
    this.#hub = hub
    this.#certificates = certificates
  }

  /** A new one, or the next for the same audience: what depends on that lives on. @throws HubError IotHubMaxCbsTokenExceeded. */
  put(grant: Grant): void {
    const held = this.#held.get(grant.audience)
    if (held === undefined && this.#held.size >= MOST_TOKENS)
      throw new HubError({
        kind: 'IotHubMaxCbsTokenExceeded',
        rule: 'WIRE-AMQP-02',
        expected: `at most ${MOST_TOKENS} tokens on a connection`,
        received: 'one more',
      })
    held?.cancelWatch()
    const next: Held = held ?? { grant, dependents: new Set(), cancelWatch: () => undefined }
    next.grant = grant
    next.cancelWatch = this.#watch(next)
    this.#held.set(grant.audience, next)
  }

  /**
   * @param path what is asked for, such as `['messages', 'devicebound']`.
   * @returns no longer depends on the token.
   * @throws HubError IotHubUnauthorizedAccess.
   */
  requireService(path: readonly string[], dependent: Dependent): () => void {
    const right: Permission = 'ServiceConnect'
    for (const held of this.#held.values())
      if (allows(held.grant, right, path)) return depend(held, dependent)
    const shownTokens = [...this.#held.values()].map(({ grant: { policy, scope } }) =>
      policy === undefined
        ? `a token of ${scope.join('/')}`
        : `policy ${policy.policyName} (${[...policy.permissions].join(', ')}) for /${scope.join('/')}`,
    )
    throw unauthorized(
      'WIRE-AUTH-20',
      `a token with ServiceConnect for /${path.join('/')}`,
      shownTokens.length === 0 ? 'no token' : shownTokens.join('; '),
    )
  }

  /**
   * Proves an identity by a token that was put, or by the certificate of the connection.
   * @throws HubError of the core's authentication.
   */
  requireIdentity(
    identity: Identity,
    dependent: Dependent,
  ): { readonly principal: IdentityPrincipal; readonly release: () => void } {
    const { authentication, registry } = this.#hub
    registry.get(identity)
    const held = this.#heldFor(identity)
    if (held === undefined) {
      const principal = authentication.admit(identity, { certificates: this.#certificates })
      return { principal, release: () => undefined }
    }
    const { token, policy } = held.grant
    const principal =
      token === undefined && policy !== undefined
        ? authentication.admitByPolicy(identity, policy)
        : authentication.admit(identity, { sasToken: token })
    // The watch over the token is kept here: it may be renewed, which the core's would not see.
    return { principal: { ...principal, expiresAt: undefined }, release: depend(held, dependent) }
  }

  stop(): void {
    for (const { cancelWatch } of this.#held.values()) cancelWatch()
    this.#held.clear()
  }

  /** Its own token before its device's, that before a policy's. */
  #heldFor(identity: Identity): Held | undefined {
    const path = pathOf(identity)
    let best: Held | undefined
    for (const held of this.#held.values()) {
      const { policy, scope } = held.grant
      if (policy !== undefined && !policy.permissions.has('DeviceConnect')) continue
      if (!scope.every((segment, index) => segment === path[index])) continue
      if (best === undefined || scope.length > best.grant.scope.length) best = held
    }
    return best
  }

  #watch(held: Held): () => void {
    const { expiresAt, audience } = held.grant
    return this.#hub.authentication.watchExpiry(expiresAt, (error) => {
      this.#held.delete(audience)
      for (const dependent of [...held.dependents]) dependent(error)
    })
  }
}

function depend(held: Held, dependent: Dependent): () => void {
  held.dependents.add(dependent)
  return () => {
    held.dependents.delete(dependent)
  }
}
