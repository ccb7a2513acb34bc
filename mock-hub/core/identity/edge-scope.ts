/** Device scopes of IoT Edge: an edge device opens one, its children live in it (WIRE-REG-16, WIRE-REG-17). */

import type { IdentityRecord } from '../contract/registry.ts'
import type { HubError } from '../errors/errors.ts'
import { refusal, quoted } from '../errors/refusal.ts'

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
  return refusal(
    'InvalidDeviceScope',
    'WIRE-REG-17',
    `${field} to be the scope of an edge device of this hub, ${SCHEME}{deviceId}-{generationId}`,
    quoted(scope),
    'wire contract 7.2',
  )
}
