/** Authenticates back ends by tokens and keys of shared access policies (docs/contract/authentication.md). */

import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Permission, PolicyGrant, PolicyPrincipal, SharedAccessPolicy } from '../contract/principal.ts'
import type { Identity } from '../contract/identity.ts'
import type { Settings } from '../contract/settings.ts'
import type { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { expiryOf, isSignedByEither, scopesOf, type SasToken } from './sas-token.ts'
import { checkExpiry } from './token-expiry.ts'
import { unauthorized } from './unauthorized.ts'

/** Signatures that are remembered as checked. */
const MOST_CHECKED = 1_000

const ANY_RIGHT: readonly Permission[] = ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect']

export interface PolicyAuthenticationPort {
  readonly clock: Clock
  readonly settings: Settings
  readonly policies: readonly SharedAccessPolicy[]
}

export class PolicyAuthentication {
  readonly #port: PolicyAuthenticationPort
  readonly #policies: ReadonlyMap<string, SharedAccessPolicy>
  readonly #hosts: ReadonlySet<string>
  /** Signatures that are good: a back end sends the same token with each call. */
  readonly #checked = new Set<string>()

  constructor(port: PolicyAuthenticationPort) {
    this.#port = port
    this.#policies = new Map(port.policies.map((policy) => [policy.name, policy]))
    const { hostName, aliases } = port.settings
    this.#hosts = new Set([hostName, ...aliases].map(hostOf))
  }

  /** Whether tokens may name the hub by this; in lower case, without a port. */
  isHost(host: string): boolean {
    return this.#hosts.has(host)
  }

  /** @throws HubError IotHubUnauthorizedAccess. */
  authorize(token: SasToken, anyOf: readonly Permission[], target: Identity | undefined): PolicyPrincipal {
    const policy = this.#policyOf(token)
    const scope = this.#scopeOf(token, false)
    if (this.#port.settings.policyTokensLimitedByPath) this.#checkScope(token, scope, target)
    checkExpiry(this.#port, token)
    this.#checkSignature(token, policy)
    checkRight(policy, anyOf, 'WIRE-AUTH-20')
    return principalOf(policy)
  }

  /** Checks a token that speaks for a device. @throws HubError IotHubUnauthorizedAccess. */
  checkDeviceConnect(token: SasToken): void {
    const policy = this.#policyOf(token)
    this.#checkSignature(token, policy)
    checkRight(policy, ['DeviceConnect'], 'WIRE-AUTH-09')
  }

  /** @throws HubError IotHubUnauthorizedAccess. */
  authorizeToken(token: SasToken): PolicyGrant {
    const policy = this.#policyOf(token)
    const ofEventHubs = isSignedByEither(token, keysAsText(policy))
    const scope = this.#scopeOf(token, ofEventHubs)
    checkExpiry(this.#port, token)
    if (!ofEventHubs) this.#checkSignature(token, policy)
    checkRight(policy, ANY_RIGHT, 'WIRE-AUTH-20')
    return { ...principalOf(policy), scope, expiresAt: expiryOf(token) }
  }

  /** @throws HubError IotHubUnauthorizedAccess. */
  authorizeKey(policyName: string, key: string): PolicyGrant {
    const policy = this.#policies.get(policyName)
    if (policy !== undefined && (isSame(key, policy.primaryKey) || isSame(key, policy.secondaryKey)))
      return { ...principalOf(policy), scope: [], expiresAt: undefined }
    throw unauthorized(
      'WIRE-AMQP-03',
      'the name of a shared access policy with one of its keys, or with a token',
      `policy ${quoted(policyName)} and something else`,
    )
  }

  /** @param resource what the token should cover. */
  foreignScope(token: SasToken, resource: string): HubError {
    return unauthorized(
      'WIRE-AUTH-08',
      `sr to be ${quoted(resource)} or a leading part of it`,
      `sr ${quoted(token.sr)}`,
    )
  }

  /** @throws HubError IotHubUnauthorizedAccess when the target is not within the scope of the token. */
  #checkScope(token: SasToken, scope: readonly string[], target: Identity | undefined): void {
    const { hostName } = this.#port.settings
    const path = target === undefined ? [] : ['devices', target.deviceId]
    if (target?.moduleId !== undefined) path.push('modules', target.moduleId)
    if (scope.some((segment, index) => segment.toLowerCase() !== path[index]?.toLowerCase()))
      throw this.foreignScope(token, [hostName, ...path].join('/'))
  }

  #policyOf({ skn }: SasToken): SharedAccessPolicy {
    const policy = skn === undefined ? undefined : this.#policies.get(skn)
    if (policy !== undefined) return policy
    throw unauthorized(
      'WIRE-AUTH-09',
      'skn to name a shared access policy of this hub',
      skn === undefined ? 'no skn' : `skn ${quoted(skn)}`,
    )
  }

  #checkSignature(token: SasToken, policy: SharedAccessPolicy): void {
    const { sr, se, sig } = token
    const signed = [policy.name, sr, se, sig].join('\n')
    if (this.#checked.has(signed)) return
    if (!isSignedByEither(token, policy))
      throw unauthorized(
        'WIRE-AUTH-02',
        `sig to be the HMAC-SHA256 of sr and se under the primary or secondary key of policy ${policy.name}`,
        'another signature',
      )
    if (this.#checked.size === MOST_CHECKED) this.#checked.clear()
    this.#checked.add(signed)
  }

  /**
   * The path below this hub, in the reading that is decoded most: a policy's resource has no ids with `%`.
   * @param withScheme `sb://host/…` is a reading too.
   */
  #scopeOf(token: SasToken, withScheme: boolean): readonly string[] {
    let found: readonly string[] | undefined
    for (const [first = '', ...rest] of scopesOf(token.sr)) {
      const [empty, host = '', ...path] = rest
      if (this.#hosts.has(first)) found = rest
      else if (withScheme && /^[a-z]+:$/.test(first) && empty === '' && this.#hosts.has(hostOf(host)))
        found = path
    }
    if (found === undefined) throw this.foreignScope(token, this.#port.settings.hostName)
    return found.filter((segment) => segment !== '')
  }
}

function hostOf(name: string): string {
  return name.toLowerCase().replace(/:\d+$/, '')
}

function keysAsText({
  primaryKey,
  secondaryKey,
}: SharedAccessPolicy): Pick<SharedAccessPolicy, 'primaryKey' | 'secondaryKey'> {
  const asText = (key: string): string => Buffer.from(key).toString('base64')
  return { primaryKey: asText(primaryKey), secondaryKey: asText(secondaryKey) }
}

/** @throws HubError IotHubUnauthorizedAccess when the policy has none of the rights. */
function checkRight(policy: SharedAccessPolicy, anyOf: readonly Permission[], rule: string): void {
  if (anyOf.some((right) => policy.permissions.includes(right))) return
  throw unauthorized(
    rule,
    `a policy with ${anyOf.join(' or ')}`,
    `policy ${policy.name}, which has ${policy.permissions.join(', ')}`,
    `authorization rule '${policy.name}' does not allow this access`,
  )
}

function principalOf({ name, permissions }: SharedAccessPolicy): PolicyPrincipal {
  return { type: 'policy', policyName: name, permissions: new Set(permissions) }
}

/** Takes the same time wherever the texts differ. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
