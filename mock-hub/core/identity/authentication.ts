/**
 * Authentication: devices and modules by key, certificate or policy, back ends by the token of a policy. The rules are in
 * docs/contract/authentication.md.
 */

import type { Clock } from '../../base/clock.ts'
import type {
  DeviceCredentials,
  IdentityPrincipal,
  Permission,
  PolicyGrant,
  PolicyPrincipal,
  SharedAccessPolicy,
} from '../contract/principal.ts'
import type { Authentication, IdentityRecord, Registry } from '../contract/registry.ts'
import { HubError, toHubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import { actorOf } from './edge-chain.ts'
import { PolicyAuthentication } from './policy-authentication.ts'
import {
  expiryOf,
  isSignedByEither,
  parseSasToken,
  scopesOf,
  SIGNATURE_RULE,
  signatureProblem,
  type SasToken,
} from './sas-token.ts'
import { ShownTokens } from './shown-tokens.ts'
import { checkExpiry, watchExpiry } from './token-expiry.ts'
import { unauthorized } from './unauthorized.ts'
import type { Settings } from '../contract/settings.ts'
import { problemOfDates, sameThumbprint, thumbprintsOf, type CertificateAuthorities } from './x509.ts'

export interface AuthenticationDependencies {
  readonly clock: Clock
  readonly settings: Settings
  readonly registry: Registry
  readonly policies: readonly SharedAccessPolicy[]
  readonly authorities: CertificateAuthorities
}

export class HubAuthentication implements Authentication {
  readonly #deps: AuthenticationDependencies
  readonly #policies: PolicyAuthentication
  readonly #shown: ShownTokens

  constructor(deps: AuthenticationDependencies) {
    this.#deps = deps
    this.#policies = new PolicyAuthentication(deps)
    this.#shown = new ShownTokens(deps.registry)
  }

  admit(identity: Identity, { sasToken, certificates, authChain }: DeviceCredentials): IdentityPrincipal {
    const record = this.#enabled(identity)
    if (sasToken !== undefined) {
      const token = read(sasToken)
      if (authChain === undefined || this.#inScope(identity, token))
        return this.#admitWithToken(record, token, identity)
      const actor = this.#enabled(actorOf(this.#deps.registry, authChain, identity))
      const { scope, credential, expiresAt } = this.#admitWithToken(actor, token, identity)
      return principalOf(record, scope, credential, expiresAt)
    }
    if (certificates !== undefined && certificates.length > 0)
      return this.#admitWithCertificate(record, certificates)
    throw headerMissing()
  }

  admitByName(name: Identity, credentials: DeviceCredentials): IdentityPrincipal {
    let refusal: HubError | undefined
    for (const identity of this.#named(name)) {
      try {
        return this.admit(identity, credentials)
      } catch (error) {
        refusal ??= toHubError(error)
      }
    }
    if (refusal !== undefined) throw refusal
    return this.admit(name, credentials)
  }

  admitByPolicy(identity: Identity, grant: PolicyGrant): IdentityPrincipal {
    const record = this.#enabled(identity)
    const path = pathOf(identity)
    if (!grant.permissions.has('DeviceConnect'))
      throw unauthorized('WIRE-AUTH-09', 'a policy with DeviceConnect', `policy ${grant.policyName}`)
    if (!covers(grant.scope, path))
      throw unauthorized(
        'WIRE-AUTH-08',
        `a grant for /${path.join('/')} or a leading part of it`,
        `one for /${grant.scope.join('/')}`,
      )
    return principalOf(record, 'hub', 'sas', grant.expiresAt)
  }

  authorize(header: string | undefined, anyOf: readonly Permission[], target?: Identity): PolicyPrincipal {
    if (header === undefined || header === '') throw headerMissing()
    return this.#policies.authorize(read(header), anyOf, target)
  }

  authorizeToken(token: string): PolicyGrant {
    return this.#policies.authorizeToken(read(token))
  }

  authorizeKey(policyName: string, key: string): PolicyGrant {
    return this.#policies.authorizeKey(policyName, key)
  }

  expireTokens(identity: Identity): boolean {
    return this.#shown.expire(identity)
  }

  watchExpiry(expiresAt: number | undefined, expired: (error: HubError) => void): () => void {
    return watchExpiry(this.#deps, expiresAt, expired)
  }

  /** The identity of this name; without one, those that differ in nothing but case. */
  *#named(name: Identity): Iterable<Identity> {
    const { registry } = this.#deps
    if (registry.find(name) !== undefined) {
      yield name
      return
    }
    for (const { identity } of registry.devices()) {
      if (!sameName(identity.deviceId, name.deviceId)) continue
      if (name.moduleId === undefined) yield identity
      else
        for (const module of registry.modulesOf(identity.deviceId))
          if (sameName(module.identity.moduleId, name.moduleId)) yield module.identity
    }
  }

  /** @throws HubError DeviceDisabled when the identity, or the device of a module, is disabled. */
  #enabled(identity: Identity): IdentityRecord {
    const record = this.#deps.registry.get(identity)
    const device =
      identity.moduleId === undefined ? record : this.#deps.registry.get({ deviceId: identity.deviceId })
    if (device.status === 'enabled' && record.status === 'enabled') return record
    throw new HubError({
      kind: 'DeviceDisabled',
      rule: 'WIRE-CONN-19',
      expected: 'a device that is enabled',
      received: `${quoted(identity.deviceId)}, which is disabled`,
    })
  }

  /** @param admitted who is admitted: the record's identity, or one that it speaks for. */
  #admitWithToken(record: IdentityRecord, token: SasToken, admitted: Identity): IdentityPrincipal {
    this.#checkScope(record.identity, token)
    checkExpiry(this.#deps, token)
    this.#shown.check(admitted, token)
    const scope = token.skn === undefined ? this.#signer(record, token) : 'hub'
    if (scope === 'hub') this.#policies.checkDeviceConnect(token)
    this.#shown.add(admitted, token)
    return principalOf(record, scope, 'sas', expiryOf(token))
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

  /** Equal or a shorter path by segment; what is longer is tolerated (WIRE-AUTH-06 to WIRE-AUTH-08). */
  #checkScope(identity: Identity, token: SasToken): void {
    if (this.#inScope(identity, token)) return
    throw this.#policies.foreignScope(token, `${this.#deps.settings.hostName}/${pathOf(identity).join('/')}`)
  }

  #inScope(identity: Identity, token: SasToken): boolean {
    const { settings } = this.#deps
    const path = pathOf(identity)
    for (const [host = '', ...given] of scopesOf(token.sr)) {
      if (!this.#policies.isHost(host)) continue
      if (covers(given, path)) return true
      if (settings.shortScopeAccepted && given.length === 1 && sameName(given[0], identity.deviceId))
        return true
    }
    return false
  }

  #admitWithCertificate(record: IdentityRecord, certificates: readonly Buffer[]): IdentityPrincipal {
    const { identity, authentication } = record
    const scope = identity.moduleId === undefined ? 'device' : 'module'
    switch (authentication.type) {
      case 'selfSigned':
        checkThumbprint(record, certificates, this.#deps.clock.now())
        break
      case 'certificateAuthority': {
        const name = identityKey(identity)
        const problem = this.#deps.authorities.problemOf(
          certificates,
          name,
          this.#deps.clock.now(),
          this.#deps.settings.anyCertificateUsage,
        )
        if (problem === undefined) break
        throw unauthorized(
          problem.rule,
          `a client certificate with common name ${quoted(name)} that chains to an authority registered with the hub`,
          problem.received,
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

/** @throws HubError IotHubUnauthorizedAccess when it is not a shared access signature. */
function read(text: string): SasToken {
  const token = parseSasToken(text)
  if (typeof token === 'string')
    throw unreadable('WIRE-AUTH-01', 'SharedAccessSignature sr=…&sig=…&se=…[&skn=…]', token)
  const problem = signatureProblem(token)
  if (problem !== undefined) throw unreadable('WIRE-AUTH-21', SIGNATURE_RULE, problem)
  return token
}

function unreadable(rule: string, expected: string, received: string): HubError {
  return unauthorized(rule, expected, received, 'the shared access signature cannot be read')
}

function pathOf({ deviceId, moduleId }: Identity): readonly string[] {
  return ['devices', deviceId, ...(moduleId === undefined ? [] : ['modules', moduleId])]
}

/** Compared without regard to case (WIRE-AUTH-22). A scope that names a module does not stand for its device. */
function covers(given: readonly string[], path: readonly string[]): boolean {
  const common = Math.min(given.length, path.length)
  for (let index = 0; index < common; index++) if (!sameName(given[index], path[index])) return false
  return given.length <= path.length || !sameName(given[path.length], 'modules')
}

function sameName(one = '', other = ''): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

/** @param now epoch ms. */
function checkThumbprint({ authentication }: IdentityRecord, [leaf]: readonly Buffer[], now: number): void {
  const actual = leaf === undefined ? [] : thumbprintsOf(leaf)
  const { primaryThumbprint, secondaryThumbprint } = authentication.x509Thumbprint
  if (sameThumbprint(primaryThumbprint, actual) || sameThumbprint(secondaryThumbprint, actual)) {
    const problem = leaf === undefined ? undefined : problemOfDates(leaf, now)
    if (problem === undefined) return
    throw unauthorized('WIRE-AUTH-23', 'a certificate that is valid now', problem)
  }
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
