/** Signs shared access signatures as clients do; for tests. */

import { createHmac } from 'node:crypto'
import type { Hub } from '../../core/contract/hub.ts'
import type { Identity } from '../../core/contract/identity.ts'

/** @param expiresAt epoch ms. */
export function signToken(resource: string, key: string, expiresAt: number, policyName?: string): string {
  const sr = encodeURIComponent(resource)
  const se = String(Math.floor(expiresAt / 1000))
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  const skn = policyName === undefined ? '' : `&skn=${policyName}`
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}${skn}`
}

/** A token of a shared access policy, valid for an hour. */
export function policyToken(hub: Hub, policyName = 'iothubowner'): string {
  const policy = hub.policies.find(({ name }) => name === policyName)
  if (policy === undefined) throw new Error(`no policy ${policyName}`)
  return signToken(hub.hostName, policy.primaryKey, hub.clock.now() + 3_600_000, policyName)
}

/** A token signed with the primary key of the identity, valid for an hour. */
export function identityToken(hub: Hub, identity: Identity): string {
  const { primaryKey } = hub.registry.get(identity).authentication.symmetricKey
  if (primaryKey === null) throw new Error('the identity has no key')
  const module = identity.moduleId === undefined ? '' : `/modules/${identity.moduleId}`
  const resource = `${hub.hostName}/devices/${identity.deviceId}${module}`
  return signToken(resource, primaryKey, hub.clock.now() + 3_600_000)
}
