/** The shared access policies that a hub has from its creation. */

import type { Permission, SharedAccessPolicy } from '../contract/principal.ts'
import type { Random } from '../../base/random.ts'

const DEFAULTS: readonly (readonly [name: string, permissions: readonly Permission[]])[] = [
  ['iothubowner', ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect']],
  ['service', ['ServiceConnect']],
  ['device', ['DeviceConnect']],
  ['registryRead', ['RegistryRead']],
  ['registryReadWrite', ['RegistryRead', 'RegistryWrite']],
]

const KEY_BYTES = 32

export function defaultPolicies(random: Random): readonly SharedAccessPolicy[] {
  return DEFAULTS.map(([name, permissions]) => ({
    name,
    permissions,
    primaryKey: random.bytes(KEY_BYTES).toString('base64'),
    secondaryKey: random.bytes(KEY_BYTES).toString('base64'),
  }))
}
