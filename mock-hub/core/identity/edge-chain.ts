/** Chains of IoT Edge gateways: from a child up to the gateway that acts for it (WIRE-EDGE-10). */

import { identityKey, type Identity } from '../contract/identity.ts'
import type { IdentityRecord, Registry } from '../contract/registry.ts'
import { quoted } from '../errors/quoted.ts'
import { gatewayOfScope } from './edge-scope.ts'
import { unauthorized } from './unauthorized.ts'

/** The module through which a gateway talks to the hub. */
export const EDGE_HUB = '$edgeHub'

/** The ids of a chain, the target first. */
export function idsOf(authChain: string): readonly string[] {
  return authChain.split(';').filter((id) => id !== '')
}

/** The gateways that are parents of a device. */
export function parentsOf(registry: Registry, { parentScopes }: IdentityRecord): readonly IdentityRecord[] {
  return parentScopes.flatMap(
    (scope) => gatewayOfScope(scope, (deviceId) => registry.find({ deviceId })) ?? [],
  )
}

/**
 * The module that may act for a target: `$edgeHub` of the last gateway of the chain.
 * @throws HubError IotHubUnauthorizedAccess when the chain does not lead from the target through enabled gateways.
 */
export function actorOf(registry: Registry, authChain: string, target: Identity): Identity {
  const [first, ...above] = idsOf(authChain)
  const isModule = target.moduleId !== undefined
  let device = registry.get({ deviceId: target.deviceId })
  let valid = first === identityKey(target) && (!isModule || above.shift() === target.deviceId)
  for (const id of above) {
    const parent = parentsOf(registry, device).find(({ identity }) => identity.deviceId === id)
    valid = valid && parent?.status === 'enabled'
    device = parent ?? device
  }
  if (valid && device.iotEdge) return { deviceId: device.identity.deviceId, moduleId: EDGE_HUB }
  throw unauthorized(
    'WIRE-EDGE-10',
    `an auth-chain from ${identityKey(target)} through each of its gateways`,
    quoted(authChain),
  )
}
