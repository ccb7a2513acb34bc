/** Shared access policies of the service API, and who they let in (DPS-ENR-15). */

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Settings } from '../core/contract/settings.ts'
import { quoted } from '../core/errors/quoted.ts'
import {
  expiryOf,
  isSignedByEither,
  parseSasToken,
  scopesOf,
  SIGNATURE_RULE,
  signatureProblem,
} from '../core/identity/sas-token.ts'
import type { ProvisioningPolicy, ProvisioningRight } from './contract/policies.ts'
import { badCredential, badToken } from './refusals.ts'

/** The policy that every service has. */
export const OWNER = 'provisioningserviceowner'
const ALL_RIGHTS: readonly ProvisioningRight[] = [
  'ServiceConfig',
  'EnrollmentRead',
  'EnrollmentWrite',
  'RegistrationStatusRead',
  'RegistrationStatusWrite',
]
const KEY_BYTES = 64

export function ownerPolicy(random: Random): ProvisioningPolicy {
  return {
    name: OWNER,
    rights: ALL_RIGHTS,
    primaryKey: random.bytes(KEY_BYTES).toString('base64'),
    secondaryKey: random.bytes(KEY_BYTES).toString('base64'),
  }
}

export interface AccessDependencies {
  readonly clock: Clock
  readonly settings: Settings
  readonly policies: readonly ProvisioningPolicy[]
}

/**
 * @returns the name of the policy.
 * @throws HubError GenericUnauthorized for the token, IotHubUnauthorizedAccess for the key or the right.
 */
export function authorize(
  { clock, settings, policies }: AccessDependencies,
  header: string | undefined,
  right: ProvisioningRight,
): string {
  const expected = 'the header Authorization with a token of a shared access policy'
  if (header === undefined || header === '') throw badToken('DPS-ENR-15', expected, 'no header Authorization')
  if (/^bearer\s/i.test(header))
    throw badToken('DPS-ENR-15', `${expected}: this service knows no Entra identities`, 'a bearer token')
  const token = parseSasToken(header)
  if (typeof token === 'string') throw badToken('DPS-ENR-15', expected, token)
  const problem = signatureProblem(token)
  if (problem !== undefined) throw badToken('DPS-ENR-15', SIGNATURE_RULE, problem)
  const policy = policies.find(({ name }) => name === token.skn)
  if (policy === undefined)
    throw badToken(
      'DPS-ENR-15',
      `skn to be one of ${policies.map(({ name }) => name).join(', ')}`,
      quoted(token.skn ?? ''),
    )
  const names = [settings.hostName, ...settings.aliases].map(hostOf)
  const [ofService] = [...scopesOf(token.sr)].filter(
    ([host = '', ...path]) => names.includes(host) && path.length === 0,
  )
  if (ofService === undefined)
    throw badToken(
      'DPS-ENR-15',
      `a token for the host of this service, ${settings.hostName}`,
      quoted(token.sr),
    )
  const lateMs = clock.now() - expiryOf(token)
  if (lateMs > settings.clockSkewSeconds * 1000)
    throw badToken(
      'DPS-ENR-15',
      'a token that has not expired',
      `one that expired ${String(Math.floor(lateMs / 1000))} s ago`,
    )
  if (!isSignedByEither(token, policy))
    throw badCredential(
      'DPS-ENR-15',
      `a token signed with a key of the policy ${policy.name}`,
      'another signature',
    )
  if (!policy.rights.includes(right))
    throw badCredential(
      'DPS-ENR-15',
      `a policy with ${right}`,
      `policy ${policy.name}, which has ${policy.rights.join(', ')}`,
    )
  return policy.name
}

function hostOf(name: string): string {
  return name.toLowerCase().replace(/:\d+$/, '')
}
