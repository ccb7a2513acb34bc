/** The tokens of one connection, the links that depend on each, and the end of tokens that are not renewed (WIRE-AUTH-13). */

import type { Hub } from '../core/contract/hub.ts'
import type { IdentityPrincipal, Permission } from '../core/contract/principal.ts'
import { HubError } from '../core/errors/hub-error.ts'
import type { Identity } from '../core/contract/identity.ts'
import { allows, pathOf, unauthorized } from './grants.ts'
import type { Grant } from './grants.ts'

/** Called when the token has expired and its grace is over. */
export type Dependent = (error: HubError) => void

interface Held {
  grant: Grant
  readonly dependents: Set<Dependent>
  cancelWatch: () => void
}

/** Tokens on one connection; the hub refuses the next (error 403005). */
const MOST_TOKENS = 1_000

export class CbsTokens {
  readonly #hub: Hub
  readonly #certificates: readonly Buffer[] | undefined
  readonly #held = new Map<string, Held>()

  constructor(hub: Hub, certificates: readonly Buffer[] | undefined) {
    this.#hub = hub
    this.#certificates = certificates
  }

  /**
   * Adds a token, or renews the one of the same audience; its dependents stay.
   * @throws HubError IotHubMaxCbsTokenExceeded.
   */
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
   * Finds a token with ServiceConnect.
   * @param path of the resource, such as `['messages', 'devicebound']`.
   * @returns ends the dependence on the token.
   * @throws HubError IotHubUnauthorizedAccess.
   */
  requireService(path: readonly string[], dependent: Dependent): () => void {
    const right: Permission = 'ServiceConnect'
    for (const held of this.#held.values())
      if (allows(held.grant, right, path)) return depend(held, dependent)
    const received = [...this.#held.values()].map(({ grant: { policy, scope } }) =>
      policy === undefined
        ? `a token of ${scope.join('/')}`
        : `policy ${policy.policyName} (${[...policy.permissions].join(', ')}) for /${scope.join('/')}`,
    )
    throw unauthorized(
      'WIRE-AUTH-20',
      `a token with ServiceConnect for /${path.join('/')}`,
      received.length === 0 ? 'no token' : received.join('; '),
    )
  }

  /**
   * Authenticates an identity by a token of this connection, or by the certificate of the client.
   * @param authChain that of the link; undefined: it has none.
   * @throws HubError of the core's authentication.
   */
  requireIdentity(
    identity: Identity,
    authChain: string | undefined,
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
        : authentication.admit(identity, { sasToken: token, authChain })
    // The expiry is watched here: the core does not see that a token is renewed.
    return { principal: { ...principal, expiresAt: undefined }, release: depend(held, dependent) }
  }

  stop(): void {
    for (const { cancelWatch } of this.#held.values()) cancelWatch()
    this.#held.clear()
  }

  /** The token for an identity: its own before its device's, and that before a policy's. */
  #heldFor(identity: Identity): Held | undefined {
    const path = pathOf(identity)
    let best: Held | undefined
    for (const held of this.#held.values()) {
      const { policy, scope } = held.grant
      if (policy !== undefined && !policy.permissions.has('DeviceConnect')) continue
      if (!scope.every((segment, index) => segment.toLowerCase() === path[index]?.toLowerCase())) continue
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
