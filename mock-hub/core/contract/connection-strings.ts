/** Connection strings of devices, modules, back ends and readers of telemetry. */

import type { SharedAccessPolicy } from './principal.ts'
import type { Registry } from './registry.ts'
import type { Identity } from './identity.ts'

/**
 * `HostName=…;DeviceId=…[;ModuleId=…];SharedAccessKey=…`, or `…;x509=true` for an identity that authenticates with a
 * certificate.
 * @throws HubError DeviceNotFound or ModuleNotFound.
 */
export function deviceConnectionString(hostName: string, registry: Registry, identity: Identity): string {
  const { authentication } = registry.get(identity)
  const module = identity.moduleId === undefined ? '' : `;ModuleId=${identity.moduleId}`
  const key = authentication.symmetricKey.primaryKey
  const proof = authentication.type === 'sas' && key !== null ? `SharedAccessKey=${key}` : 'x509=true'
  return `HostName=${hostName};DeviceId=${identity.deviceId}${module};${proof}`
}

/** `HostName=…;SharedAccessKeyName=…;SharedAccessKey=…`. */
export function policyConnectionString(hostName: string, { name, primaryKey }: SharedAccessPolicy): string {
  return `HostName=${hostName};SharedAccessKeyName=${name};SharedAccessKey=${primaryKey}`
}

/** The hub's name, which is that of its Event Hubs-compatible endpoint too: the host name without its domain. */
export function hubNameOf(hostName: string): string {
  return hostName.split('.', 1)[0] ?? hostName
}

/**
 * `Endpoint=sb://…/;SharedAccessKeyName=…;SharedAccessKey=…;EntityPath=…` with the policy `service`, or else the first
 * policy that has ServiceConnect; undefined when no policy has it.
 */
export function eventHubConnectionString(
  hostName: string,
  policies: readonly SharedAccessPolicy[],
): string | undefined {
  const readers = policies.filter(({ permissions }) => permissions.includes('ServiceConnect'))
  const reader = readers.find(({ name }) => name === 'service') ?? readers[0]
  if (reader === undefined) return undefined
  return (
    `Endpoint=sb://${hostName}/;SharedAccessKeyName=${reader.name};` +
    `SharedAccessKey=${reader.primaryKey};EntityPath=${hubNameOf(hostName)}`
  )
}
