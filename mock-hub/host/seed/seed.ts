/**
 * The initial state of a hub: devices, modules, twins and routes, from code or from a file (`seed-file.ts`). Identities
 * have the fields of the service's REST API, so that its answers can be pasted into a seed.
 */

import { randomBytes } from 'node:crypto'
import { InvalidInput } from '../../base/invalid-input.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { EventSource } from '../../core/contract/message.ts'
import type { SharedAccessPolicy } from '../../core/contract/principal.ts'
import type { AuthenticationType, IdentitySpec } from '../../core/contract/registry.ts'
import type { TwinUpdate } from '../../core/contract/twins.ts'
import { identityKey, type Identity } from '../../core/contract/identity.ts'
import { defaultPolicies } from '../../core/identity/policies.ts'
import type { HubElsewhere } from '../../provisioning/contract/linked-hub.ts'
import type { ProvisioningPolicy } from '../../provisioning/contract/policies.ts'
import { ownerPolicy } from '../../provisioning/policies.ts'
import { randomFrom } from '../../base/random.ts'

/** What a device and a module of a seed have in common. All fields are optional. */
export interface SeedIdentity {
  /** Default: `enabled`. */
  readonly status?: 'enabled' | 'disabled'
  /** Free text, at most 128 characters. */
  readonly statusReason?: string
  /** Primary key in base64; short for `authentication.symmetricKey.primaryKey`. Default: a key from `keyOf`. */
  readonly key?: string
  /** How the identity authenticates. Default: `sas`, or `selfSigned` when a thumbprint is given. */
  readonly authentication?: {
    readonly type?: AuthenticationType
    readonly symmetricKey?: { readonly primaryKey?: string; readonly secondaryKey?: string }
    readonly x509Thumbprint?: { readonly primaryThumbprint?: string; readonly secondaryThumbprint?: string }
  }
  /** Tags of the twin. */
  readonly tags?: JsonObject
  /** Desired and reported properties of the twin. */
  readonly properties?: { readonly desired?: JsonObject; readonly reported?: JsonObject }
}

/** A module of a seed. */
export interface SeedModule extends SeedIdentity {
  /** ID of the module. */
  readonly moduleId: string
}

/** A device of a seed. */
export interface SeedDevice extends SeedIdentity {
  /** ID of the device. */
  readonly deviceId: string
  /** `iotEdge: true` makes an edge device. Default: false. */
  readonly capabilities?: { readonly iotEdge?: boolean }
  /** ID of the edge device that is the gateway of this device; it comes earlier in the seed. */
  readonly parent?: string
  /** Modules of the device. */
  readonly modules?: readonly SeedModule[]
}

/** The certificate of an authority that a seed uploads. */
export interface SeedCertificate {
  /** The name by which groups refer to it. */
  readonly name: string
  /** PEM, base64 of PEM, or base64 of DER. */
  readonly certificate: string
  /** Whether its key counts as proven. Default: true. */
  readonly verified?: boolean
}

/** The initial state of a hub. All fields are optional. */
export interface Seed {
  /** Devices, in order of creation. */
  readonly devices?: readonly SeedDevice[]
  /** Routes of IoT Edge between modules, see {@link MockHub.routes}. */
  readonly routes?: readonly string[]
  /** Events that the hub adds to the device-to-cloud messages; the setting `eventSources` wins. Default: none. */
  readonly eventSources?: readonly EventSource[]
  /**
   * Individual enrollments of the provisioning service, as its REST API has them, each with its `registrationId`. Keys
   * that are not given come from `keyOf`; without `attestation` they are symmetric.
   */
  readonly enrollments?: readonly JsonObject[]
  /** Enrollment groups, likewise, each with its `enrollmentGroupId`. */
  readonly enrollmentGroups?: readonly JsonObject[]
  /** Certificates of authorities for X.509 enrollment groups. */
  readonly certificates?: readonly SeedCertificate[]
  /** Hubs elsewhere to which the provisioning service may assign devices. */
  readonly linkedHubs?: readonly HubElsewhere[]
}

/**
 * Merges seeds. A device that occurs twice keeps its first place, gets the modules of both and the later values; of event
 * sources the last seed that has some counts.
 */
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
  const eventSources = seeds.findLast((seed) => seed.eventSources !== undefined)?.eventSources
  return {
    devices: [...devices.values()],
    routes: seeds.flatMap((seed) => seed.routes ?? []),
    ...(eventSources === undefined ? {} : { eventSources }),
    ...merged(seeds, 'enrollments'),
    ...merged(seeds, 'enrollmentGroups'),
    ...merged(seeds, 'certificates'),
    ...merged(seeds, 'linkedHubs'),
  }
}

/** The lists of all seeds, one after the other; no field without one. */
function merged<K extends 'enrollments' | 'enrollmentGroups' | 'certificates' | 'linkedHubs'>(
  seeds: readonly Seed[],
  field: K,
): Pick<Seed, K> | object {
  const list = seeds.flatMap((seed): readonly object[] => seed[field] ?? [])
  return list.length === 0 ? {} : { [field]: list }
}

/** Returns the keys that a seed does not give. @param purpose identifies the key. */
export type KeySource = (purpose: string) => string

export const randomKeys: KeySource = () => randomBytes(32).toString('base64')

/** Asks for each key once, so that a reset restores the same keys. */
export function onceEach(keyOf: KeySource): KeySource {
  const keys = new Map<string, string>()
  return (purpose) => {
    const key = keys.get(purpose) ?? keyOf(purpose)
    keys.set(purpose, key)
    return key
  }
}

/** The default policies with keys from this source. */
export function policiesFrom(keyOf: KeySource): readonly SharedAccessPolicy[] {
  return defaultPolicies(randomFrom(undefined)('policies')).map((policy) => ({
    ...policy,
    primaryKey: keyOf(`policy ${policy.name} primary`),
    secondaryKey: keyOf(`policy ${policy.name} secondary`),
  }))
}

/** The policy of the provisioning service with keys from this source. */
export function provisioningPoliciesFrom(keyOf: KeySource): readonly ProvisioningPolicy[] {
  const owner = ownerPolicy(randomFrom(undefined)('policies'))
  const key = (which: string): string => keyOf(`policy ${owner.name} ${which}`)
  return [{ ...owner, primaryKey: key('primary'), secondaryKey: key('secondary') }]
}

/**
 * Creates the devices, modules, twins and routes of a seed.
 * @throws HubError for an identity that the hub refuses; InvalidInput for a gateway that does not exist yet; RangeError
 *   for a route that cannot be parsed.
 */
export function applySeed(hub: Hub, seed: Seed, keyOf: KeySource): void {
  for (const device of seed.devices ?? []) {
    const scope = device.parent === undefined ? undefined : scopeOf(hub, device.deviceId, device.parent)
    putIdentity(hub, { deviceId: device.deviceId }, device, keyOf, {
      ...(device.capabilities?.iotEdge === undefined ? {} : { iotEdge: device.capabilities.iotEdge }),
      ...(scope === undefined ? {} : { deviceScope: scope }),
    })
    for (const module of device.modules ?? [])
      putIdentity(hub, { deviceId: device.deviceId, moduleId: module.moduleId }, module, keyOf, {})
  }
  hub.routes = seed.routes ?? []
}

function scopeOf(hub: Hub, deviceId: string, parent: string): string {
  const scope = hub.registry.find({ deviceId: parent })?.deviceScope
  if (scope === undefined)
    throw new InvalidInput(
      `seed, device ${deviceId}`,
      'parent',
      'to be an edge device that comes earlier in the seed',
      parent,
    )
  return scope
}

function putIdentity(
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
  // $edgeAgent and $edgeHub are created with their device.
  if (hub.registry.find(identity) === undefined) hub.registry.create(identity, spec)
  else hub.registry.update(identity, spec, '*')
  const update: TwinUpdate = { tags, desired: properties.desired }
  if (tags !== undefined || properties.desired !== undefined) hub.twins.patch(identity, update, undefined)
  if (properties.reported !== undefined) hub.twins.patchReported(identity, properties.reported)
}
