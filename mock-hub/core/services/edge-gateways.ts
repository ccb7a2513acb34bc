/** What the gateways of IoT Edge see of the registry (docs/contract/edge.md). */

import type { Identity } from '../contract/identity.ts'
import type { IdentityRecord, Registry } from '../contract/registry.ts'
import type { EdgeGateways, ScopePage } from '../contract/services/edge.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { actorOf, idsOf, parentsOf } from '../identity/edge-chain.ts'
import { unauthorized } from '../identity/unauthorized.ts'

export class HubEdgeGateways implements EdgeGateways {
  readonly #registry: Registry

  constructor(registry: Registry) {
    this.#registry = registry
  }

  targetOf(gateway: string, authChain: string): IdentityRecord {
    const [deviceId] = idsOf(authChain)
    if (deviceId === undefined || deviceId.includes('/'))
      throw new HubError({
        kind: 'ArgumentInvalid',
        rule: 'WIRE-EDGE-10',
        expected: 'authChain: device ids separated by ;',
        received: quoted(authChain),
      })
    if (this.#registry.find({ deviceId }) === undefined) throw outOfScope(gateway, deviceId)
    if (actorOf(this.#registry, authChain, { deviceId }).deviceId !== gateway)
      throw outOfScope(gateway, deviceId)
    return this.#registry.get({ deviceId })
  }

  scopeOf(gateway: IdentityRecord, first: number, count: number): ScopePage {
    const scope = gateway.deviceScope
    const children = [...this.#registry.devices()].filter(
      ({ parentScopes }) => scope !== undefined && parentScopes.includes(scope),
    )
    const all = [gateway, ...children]
    const devices = all.slice(first, first + count)
    const modules = devices
      .filter((device) => device === gateway || !device.iotEdge)
      .flatMap(({ identity }) => this.#registry.modulesOf(identity.deviceId))
    return { devices, modules, next: first + count < all.length ? first + count : undefined }
  }

  find(gateway: IdentityRecord, target: Identity): Pick<ScopePage, 'devices' | 'modules'> {
    const device = this.#registry.get({ deviceId: target.deviceId })
    if (!this.#isBelow(device, gateway)) throw outOfScope(gateway.identity.deviceId, target.deviceId)
    return {
      devices: [device],
      modules: target.moduleId === undefined ? [] : [this.#registry.get(target)],
    }
  }

  /** A device may have several parents. */
  #isBelow(device: IdentityRecord, gateway: IdentityRecord): boolean {
    const ancestors = new Set([device])
    for (const one of ancestors) {
      if (one.identity.deviceId === gateway.identity.deviceId) return true
      for (const parent of parentsOf(this.#registry, one)) ancestors.add(parent)
    }
    return false
  }
}

function outOfScope(gateway: string, deviceId: string): HubError {
  return unauthorized('WIRE-EDGE-09', `a device in the scope of ${gateway}`, quoted(deviceId))
}
