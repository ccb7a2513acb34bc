/**
 * What a hub starts with: devices, modules, twins and routes, from code or from a file (`seed-file.ts`). Identities are
 * written as in the service's REST interface, so that what is read there can be pasted here.
 */

import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../base/json.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { SharedAccessPolicy } from '../core/contract/principal.ts'
import type { AuthenticationType, IdentitySpec } from '../core/contract/registry.ts'
import type { TwinUpdate } from '../core/contract/twins.ts'
import { identityKey, type Identity } from '../core/contract/identity.ts'
import { defaultPolicies } from '../core/identity/policies.ts'
import { randomFrom } from '../base/random.ts'

interface SeedIdentity {
  readonly status?: 'enabled' | 'disabled'
  readonly statusReason?: string
  /** Short for `authentication.symmetricKey.primaryKey`, base64. */
  readonly key?: string
  readonly authentication?: {
    readonly type?: AuthenticationType
    readonly symmetricKey?: { readonly primaryKey?: string; readonly secondaryKey?: string }
    readonly x509Thumbprint?: { readonly primaryThumbprint?: string; readonly secondaryThumbprint?: string }
  }
  readonly tags?: JsonObject
  readonly properties?: { readonly desired?: JsonObject; readonly reported?: JsonObject }
}

export interface SeedModule extends SeedIdentity {
  readonly moduleId: string
}

export interface SeedDevice extends SeedIdentity {
  readonly deviceId: string
  readonly capabilities?: { readonly iotEdge?: boolean }
  /** Device ID of the edge device that is its gateway. */
  readonly parent?: string
  readonly modules?: readonly SeedModule[]
}

export interface Seed {
  readonly devices?: readonly SeedDevice[]
  /** Routes of IoT Edge between modules, see `Hub.routes`. */
  readonly routes?: readonly string[]
}

/** Several seeds as one; a device named twice keeps its first place and gets the modules of both. */
export function mergeSeeds(...seeds: readonly Seed[]): Seed {
  const devices = new Map<string, SeedDevice>()
  for (const device of seeds.flatMap((seed) => seed.devices ?? [])) {
    const before = devices.get(device.deviceId)
    devices.set(
      device.deviceId,
      before === undefined
        ? device
        : { ...before, ...device, modules: [...(before.modules ?? []), ...(device.modules ?? [])] },
    )
  }
  return { devices: [...devices.values()], routes: seeds.flatMap((seed) => seed.routes ?? []) }
}

/** Where keys come from that a seed leaves out. @param purpose tells one key from another. */
export type KeySource = (purpose: string) => string

export const randomKeys: KeySource = () => randomBytes(32).toString('base64')

/** Asks for each key once: a hub that is reset gets the keys it had. */
export function onceEach(keyOf: KeySource): KeySource {
  const keys = new Map<string, string>()
  return (purpose) => {
    const key = keys.get(purpose) ?? keyOf(purpose)
    keys.set(purpose, key)
    return key
  }
}

/** The five default policies with keys from this source. */
export function policiesFrom(keyOf: KeySource): readonly SharedAccessPolicy[] {
  return defaultPolicies(randomFrom(undefined)('policies')).map((policy) => ({
    ...policy,
    primaryKey: keyOf(`policy ${policy.name} primary`),
    secondaryKey: keyOf(`policy ${policy.name} secondary`),
  }))
}

/**
 * Puts a seed into a hub.
 * @throws HubError or RangeError of the hub for what it refuses; the message begins with the identity.
 */
export function applySeed(hub: Hub, seed: Seed, keyOf: KeySource): void {
  for (const device of seed.devices ?? []) {
    const scope = device.parent === undefined ? undefined : scopeOf(hub, device.parent)
    plant(hub, { deviceId: device.deviceId }, device, keyOf, {
      ...(device.capabilities?.iotEdge === undefined ? {} : { iotEdge: device.capabilities.iotEdge }),
      ...(scope === undefined ? {} : { deviceScope: scope }),
    })
    for (const module of device.modules ?? [])
      plant(hub, { deviceId: device.deviceId, moduleId: module.moduleId }, module, keyOf, {})
  }
  hub.routes = seed.routes ?? []
}

function scopeOf(hub: Hub, parent: string): string {
  const scope = hub.registry.find({ deviceId: parent })?.deviceScope
  if (scope === undefined)
    throw new RangeError(`parent: must be an edge device that stands before its children, got ${parent}`)
  return scope
}

function plant(
  hub: Hub,
  identity: Identity,
  seeded: SeedIdentity,
  keyOf: KeySource,
  more: IdentitySpec,
): void {
  const name = identityKey(identity)
  const { authentication, status, statusReason, tags, properties = {} } = seeded
  const type = authentication?.type ?? (authentication?.x509Thumbprint === undefined ? 'sas' : 'selfSigned')
  const given = authentication?.symmetricKey
  const symmetricKey = {
    primaryKey: given?.primaryKey ?? seeded.key ?? keyOf(`${name} primary`),
    secondaryKey: given?.secondaryKey ?? keyOf(`${name} secondary`),
  }
  const spec: IdentitySpec = {
    ...more,
    status,
    statusReason,
    authentication: { ...authentication, type, ...(type === 'sas' ? { symmetricKey } : {}) },
  }
  // $edgeAgent and $edgeHub come with their device.
  if (hub.registry.find(identity) === undefined) hub.registry.create(identity, spec)
  else hub.registry.update(identity, spec, '*')
  const update: TwinUpdate = { tags, desired: properties.desired }
  if (tags !== undefined || properties.desired !== undefined) hub.twins.patch(identity, update, undefined)
  if (properties.reported !== undefined) hub.twins.patchReported(identity, properties.reported)
}
