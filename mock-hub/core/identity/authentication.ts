/**
 * Authentication: devices and modules by key, certificate or policy, back ends by the token of a policy. The rules are in
 * docs/contract/authentication.md.
 */

import type { Clock } from '../../base/clock.ts'
import type {
  DeviceCredentials,
  IdentityPrincipal,
  Permission,
  PolicyPrincipal,
  SharedAccessPolicy,
} from '../contract/principal.ts'
import type { Authentication, IdentityRecord, Registry } from '../contract/registry.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import { expiryOf, isSignedWith, parseSasToken, scopesOf, type SasToken } from './sas-token.ts'
import type { Settings } from '../contract/settings.ts'
import { sameThumbprint, thumbprintsOf, type CertificateAuthorities } from './x509.ts'

export interface AuthenticationDependencies {
  readonly clock: Clock
  readonly settings: Settings
  readonly registry: Registry
  readonly policies: readonly SharedAccessPolicy[]
  readonly authorities: CertificateAuthorities
}

export class HubAuthentication implements Authentication {
  readonly #deps: AuthenticationDependencies
  readonly #policies: ReadonlyMap<string, SharedAccessPolicy>
  readonly #hosts: ReadonlySet<string>

  constructor(deps: AuthenticationDependencies) {
    this.#deps = deps
    this.#policies = new Map(deps.policies.map((policy) => [policy.name, policy]))
    const { hostName, aliases } = deps.settings
    this.#hosts = new Set([hostName, ...aliases].map((name) => name.toLowerCase().replace(/:\d+$/, '')))
  }

  admit(identity: Identity, { sasToken, certificates }: DeviceCredentials): IdentityPrincipal {
    const record = this.#deps.registry.get(identity)
    this.#checkEnabled(identity, record)
    if (sasToken !== undefined) return this.#admitWithToken(record, this.#read(sasToken))
    if (certificates !== undefined && certificates.length > 0)
      return this.#admitWithCertificate(record, certificates)
    throw headerMissing()
  }

  authorize(header: string | undefined, anyOf: readonly Permission[]): PolicyPrincipal {
    if (header === undefined || header === '') throw headerMissing()
    const token = this.#read(header)
    const policy = this.#policyOf(token)
    const [scope = ''] = [...scopesOf(token.sr)].find(([host]) => this.#hosts.has(host ?? '')) ?? []
    if (scope === '') throw this.#foreignScope(token, this.#deps.settings.hostName)
    this.#checkExpiry(token)
    this.#checkPolicySignature(token, policy)
    this.#checkPermission(policy, anyOf, 'WIRE-AUTH-20')
    return { type: 'policy', policyName: policy.name, permissions: new Set(policy.permissions) }
  }

  #checkEnabled(identity: Identity, record: IdentityRecord): void {
    const device =
      identity.moduleId === undefined ? record : this.#deps.registry.get({ deviceId: identity.deviceId })
    if (device.status === 'enabled' && record.status === 'enabled') return
    throw new HubError({
      kind: 'DeviceDisabled',
      rule: 'WIRE-CONN-19',
      expected: 'a device that is enabled',
      received: `${quoted(identity.deviceId)}, which is disabled`,
    })
  }

  #read(text: string): SasToken {
    const token = parseSasToken(text)
    if (typeof token !== 'string') return token
    throw unauthorized(
      'WIRE-AUTH-01',
      'SharedAccessSignature sr=…&sig=…&se=…[&skn=…]',
      token,
      'the shared access signature is malformed',
    )
  }

  #admitWithToken(record: IdentityRecord, token: SasToken): IdentityPrincipal {
    this.#checkScope(record.identity, token)
    this.#checkExpiry(token)
    const scope = token.skn === undefined ? this.#signer(record, token) : this.#admitPolicy(token)
    return principalOf(record, scope, 'sas', expiryOf(token))
  }

  #admitPolicy(token: SasToken): 'hub' {
    const policy = this.#policyOf(token)
    this.#checkPolicySignature(token, policy)
    this.#checkPermission(policy, ['DeviceConnect'], 'WIRE-AUTH-09')
    return 'hub'
  }

  /** Whose key signed the token: a module may use its own key or a key of its device. */
  #signer({ identity, authentication }: IdentityRecord, token: SasToken): 'device' | 'module' {
    const own = identity.moduleId === undefined ? 'device' : 'module'
    if (isSignedByEither(token, authentication.symmetricKey)) return own
    if (identity.moduleId !== undefined && this.#deps.settings.moduleMayUseDeviceKey) {
      const device = this.#deps.registry.get({ deviceId: identity.deviceId })
      if (isSignedByEither(token, device.authentication.symmetricKey)) return 'device'
    }
    const { type } = authentication
    if (type === 'sas')
      throw unauthorized(
        'WIRE-AUTH-02',
        `sig to be the HMAC-SHA256 of sr and se under the primary or secondary key of ${identityKey(identity)}`,
        'another signature',
      )
    throw unauthorized(
      type === 'none' ? 'WIRE-AUTH-18' : 'WIRE-AUTH-16',
      `the credentials of authentication type ${type}, which ${identityKey(identity)} has`,
      'a shared access signature',
    )
  }

  /** The scope must be the path of the identity or a leading part of it; longer ones are tolerated (WIRE-AUTH-06 to WIRE-AUTH-08). */
  #checkScope({ deviceId, moduleId }: Identity, token: SasToken): void {
    const { settings } = this.#deps
    const path = ['devices', deviceId, ...(moduleId === undefined ? [] : ['modules', moduleId])]
    for (const [host = '', ...given] of scopesOf(token.sr)) {
      if (!this.#hosts.has(host)) continue
      if (covers(given, path)) return
      if (settings.shortScopeAccepted && given.length === 1 && given[0] === deviceId) return
    }
    throw this.#foreignScope(token, `${settings.hostName}/${path.join('/')}`)
  }

  #foreignScope(token: SasToken, resource: string): HubError {
    return unauthorized(
      'WIRE-AUTH-08',
      `sr to be ${quoted(resource)} or a leading part of it`,
      `sr ${quoted(token.sr)}`,
    )
  }

  #checkExpiry(token: SasToken): void {
    const { clock, settings } = this.#deps
    const lateMs = clock.now() - expiryOf(token)
    if (lateMs <= settings.clockSkewSeconds * 1000) return
    throw unauthorized(
      'WIRE-AUTH-12',
      `se to be at most ${String(settings.clockSkewSeconds)} s before the hub's clock`,
      `se ${token.se}, ${String(Math.floor(lateMs / 1000))} s ago`,
      'the token has expired',
    )
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

  #checkPolicySignature(token: SasToken, policy: SharedAccessPolicy): void {
    if (isSignedByEither(token, policy)) return
    throw unauthorized(
      'WIRE-AUTH-02',
      `sig to be the HMAC-SHA256 of sr and se under the primary or secondary key of policy ${policy.name}`,
      'another signature',
    )
  }

  #checkPermission(policy: SharedAccessPolicy, anyOf: readonly Permission[], rule: string): void {
    if (anyOf.some((permission) => policy.permissions.includes(permission))) return
    throw unauthorized(
      rule,
      `a policy with ${anyOf.join(' or ')}`,
      `policy ${policy.name}, which has ${policy.permissions.join(', ')}`,
      `authorization rule '${policy.name}' does not allow this access`,
    )
  }

  #admitWithCertificate(record: IdentityRecord, certificates: readonly Buffer[]): IdentityPrincipal {
    const { identity, authentication } = record
    const scope = identity.moduleId === undefined ? 'device' : 'module'
    switch (authentication.type) {
      case 'selfSigned':
        checkThumbprint(record, certificates)
        break
      case 'certificateAuthority': {
        const name = identityKey(identity)
        const problem = this.#deps.authorities.problemOf(certificates, name, this.#deps.clock.now())
        if (problem === undefined) break
        throw unauthorized(
          'WIRE-AUTH-17',
          `a certificate with common name ${quoted(name)} that chains to an authority registered with the hub`,
          problem,
        )
      }
      case 'sas':
        throw headerMissing()
      case 'none':
        throw unauthorized('WIRE-AUTH-18', 'an identity with credentials', 'authentication type none')
    }
    return principalOf(record, scope, 'x509', undefined)
  }
}

/** Whether a scope covers a resource. The scope of a module does not cover its device. */
function covers(given: readonly string[], path: readonly string[]): boolean {
  const common = Math.min(given.length, path.length)
  for (let index = 0; index < common; index++) if (given[index] !== path[index]) return false
  return given.length <= path.length || given[path.length] !== 'modules'
}

function isSignedByEither(
  token: SasToken,
  { primaryKey, secondaryKey }: { readonly primaryKey: string | null; readonly secondaryKey: string | null },
): boolean {
  return (
    (primaryKey !== null && isSignedWith(token, primaryKey)) ||
    (secondaryKey !== null && isSignedWith(token, secondaryKey))
  )
}

function checkThumbprint({ authentication }: IdentityRecord, [leaf]: readonly Buffer[]): void {
  const actual = leaf === undefined ? [] : thumbprintsOf(leaf)
  const { primaryThumbprint, secondaryThumbprint } = authentication.x509Thumbprint
  if (sameThumbprint(primaryThumbprint, actual) || sameThumbprint(secondaryThumbprint, actual)) return
  const [sha1 = '', sha256 = ''] = actual
  const configured = `PrimaryThumbprint=${primaryThumbprint ?? ''}, SecondaryThumbprint=${secondaryThumbprint ?? ''}`
  throw new HubError({
    kind: 'IotHubUnauthorizedAccess',
    message: `Thumbprint does not match configuration: Thumbprint: SHA1Hash=${sha1}, SHA2Hash=${sha256}; Configuration: ${configured}`,
    rule: 'WIRE-AUTH-16',
    expected: `a certificate with one of the registered thumbprints: ${configured}`,
    received: `SHA-1 ${sha1}, SHA-256 ${sha256}`,
  })
}

function principalOf(
  { identity, generationId }: IdentityRecord,
  scope: IdentityPrincipal['scope'],
  type: IdentityPrincipal['credential'],
  expiresAt: number | undefined,
): IdentityPrincipal {
  return { type: 'identity', identity, scope, credential: type, generationId, expiresAt }
}

function headerMissing(): HubError {
  return unauthorized(
    'WIRE-AUTH-19',
    'a shared access signature, or the certificate that the identity is registered with',
    'neither',
    'Authorization header missing',
  )
}

/** @param message the text for the caller; the explanation says more. */
function unauthorized(
  rule: string,
  expected: string,
  received: string,
  message = 'Authentication failed for this device, renew token or certificate and reconnect',
): HubError {
  return new HubError({ kind: 'IotHubUnauthorizedAccess', message, rule, expected, received })
}
