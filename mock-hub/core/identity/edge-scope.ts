/** Device scopes of IoT Edge: an edge device has a scope, and its children belong to it (WIRE-REG-16, WIRE-REG-17). */

import type { Identity } from '../contract/identity.ts'
import type { IdentityRecord, IdentitySpec } from '../contract/registry.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'

const SCHEME = 'ms-azure-iot-edge://'

function scopeOf(deviceId: string, generationId: string): string {
  return `${SCHEME}${deviceId}-${generationId}`
}

/** The edge device that has a scope; undefined: none of this hub has. */
export function gatewayOfScope(
  scope: string,
  findDevice: (deviceId: string) => IdentityRecord | undefined,
): IdentityRecord | undefined {
  if (!scope.startsWith(SCHEME)) return undefined
  const gateway = findDevice(scope.slice(SCHEME.length, scope.lastIndexOf('-')))
  return gateway?.iotEdge === true && gateway.deviceScope === scope ? gateway : undefined
}

/** @throws HubError InvalidDeviceScope when no edge device of this hub has that scope. */
function checkScope(
  field: string,
  scope: string,
  findDevice: (deviceId: string) => IdentityRecord | undefined,
): void {
  if (gatewayOfScope(scope, findDevice) === undefined) throw unknownScope(field, scope)
}

function unknownScope(field: string, scope: string): HubError {
  return new HubError({
    kind: 'InvalidDeviceScope',
    rule: 'WIRE-REG-17',
    expected: `${field} to be the scope of an edge device of this hub, ${SCHEME}{deviceId}-{generationId}`,
    received: quoted(scope),
  })
}

/** What decides the scopes of an identity that is created or updated. */
export interface ScopeRequest {
  readonly identity: Identity
  readonly iotEdge: boolean
  readonly generationId: string
  readonly spec: IdentitySpec
  /** Undefined: it is created. */
  readonly before: IdentityRecord | undefined
}

/**
 * The scope of a device and those of its parents.
 * @throws HubError InvalidDeviceScope.
 */
export function scopesOf(
  { identity: { deviceId, moduleId }, iotEdge, generationId, spec, before }: ScopeRequest,
  findDevice: (id: string) => IdentityRecord | undefined,
): Pick<IdentityRecord, 'deviceScope' | 'parentScopes'> {
  if (moduleId !== undefined) return { deviceScope: undefined, parentScopes: [] }
  const wasEdge = before?.iotEdge === true
  const parentScopes = spec.parentScopes ?? before?.parentScopes ?? []
  if (spec.parentScopes !== undefined)
    for (const scope of parentScopes) checkScope('parentScopes', scope, findDevice)
  if (iotEdge) {
    // One that becomes an edge device later has no generation in its scope. What a caller asks for has no effect.
    const own = before === undefined ? scopeOf(deviceId, generationId) : `${SCHEME}${deviceId}-`
    return { deviceScope: wasEdge ? before.deviceScope : own, parentScopes }
  }
  // What ceases to be an edge device has no parent until the next update.
  const deviceScope = wasEdge ? undefined : (spec.deviceScope ?? before?.deviceScope)
  if (deviceScope === undefined || deviceScope === '') return { deviceScope: undefined, parentScopes: [] }
  if (deviceScope !== before?.deviceScope) checkScope('deviceScope', deviceScope, findDevice)
  return { deviceScope, parentScopes: [deviceScope] }
}
