/** Device scopes of IoT Edge: an edge device opens one, its children live in it (WIRE-REG-16, WIRE-REG-17). */

import type { IdentityRecord } from '../contract/registry.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'

const SCHEME = 'ms-azure-iot-edge://'

/** The modules that an edge device is born with (WIRE-REG-15). */
export const SYSTEM_MODULES = ['$edgeAgent', '$edgeHub'] as const

export function isSystemModule(moduleId: string): boolean {
  return (SYSTEM_MODULES as readonly string[]).includes(moduleId)
}

export function scopeOf(deviceId: string, generationId: string): string {
  return `${SCHEME}${deviceId}-${generationId}`
}

/** @throws HubError InvalidDeviceScope when no edge device of this hub has that scope. */
export function checkScope(
  field: string,
  scope: string,
  findDevice: (deviceId: string) => IdentityRecord | undefined,
): void {
  const dash = scope.lastIndexOf('-')
  const parent = scope.startsWith(SCHEME) ? findDevice(scope.slice(SCHEME.length, dash)) : undefined
  if (parent?.iotEdge === true && parent.deviceScope === scope) return
  throw unknownScope(field, scope)
}

function unknownScope(field: string, scope: string): HubError {
  return new HubError({
    kind: 'InvalidDeviceScope',
    rule: 'WIRE-REG-17',
    expected: `${field} to be the scope of an edge device of this hub, ${SCHEME}{deviceId}-{generationId}`,
    received: quoted(scope),
  })
}
