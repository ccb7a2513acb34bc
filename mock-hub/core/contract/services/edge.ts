/** Gateways of IoT Edge: what each may see and act for (docs/contract/edge.md). */

import type { Identity } from '../identity.ts'
import type { IdentityRecord } from '../registry.ts'

/** Some of the devices in a scope. */
export interface ScopePage {
  /** The gateway itself first, then its children. */
  readonly devices: readonly IdentityRecord[]
  /** Their modules; a child that is a gateway itself lists its own. */
  readonly modules: readonly IdentityRecord[]
  /** Number of the first device of the next page; undefined: this page is the last. */
  readonly next: number | undefined
}

/** Gateways and their children. */
export interface EdgeGateways {
  /**
   * The device for which a gateway acts.
   * @param gateway - the device of the `$edgeHub` that calls.
   * @param authChain - device ids from the target up to the gateway, separated by `;`.
   * @throws HubError ArgumentInvalid, IotHubUnauthorizedAccess.
   */
  targetOf(gateway: string, authChain: string): IdentityRecord
  /**
   * A page of the scope of a gateway.
   * @param first - number of the first device, from 0.
   * @param count - largest number of devices.
   */
  scopeOf(gateway: IdentityRecord, first: number, count: number): ScopePage
  /**
   * A device in the scope of a gateway, at any depth, and its module if the target is one.
   * @throws HubError DeviceNotFound, ModuleNotFound, IotHubUnauthorizedAccess.
   */
  find(gateway: IdentityRecord, target: Identity): Pick<ScopePage, 'devices' | 'modules'>
}
