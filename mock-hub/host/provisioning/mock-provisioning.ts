/** What the provisioning service beside a running hub offers to the process it runs in. */

import type { Certificates } from '../../provisioning/contract/certificates.ts'
import type { Enrollments } from '../../provisioning/contract/enrollments.ts'
import type { HubElsewhere } from '../../provisioning/contract/linked-hub.ts'
import type { ProvisioningPolicy } from '../../provisioning/contract/policies.ts'
import type { Provisioning, Registrations } from '../../provisioning/contract/provisioning.ts'
import { hubOfThisProcess } from '../../provisioning/hubs/hub-of-this-process.ts'
import type { Registry } from '../../core/contract/registry.ts'
import type { Twins } from '../../core/contract/twins.ts'
import { checkWeight } from './hub-elsewhere.ts'

/** What linking needs of a running hub: any `MockHub` has it. */
export interface LinkableHub {
  /** Host name that devices are told. */
  readonly hostName: string
  /** Its devices. */
  readonly registry: Registry
  /** Their twins. */
  readonly twins: Twins
}

/** A mock Device Provisioning Service beside a hub, on the hub's ports. */
export interface MockProvisioning {
  /** ID scope that devices name. */
  readonly idScope: string
  /** Host name that devices dial, in place of `global.azure-devices-provisioning.net`. */
  readonly endpoint: string
  /** Connection string of the first policy, by default provisioningserviceowner; empty when there is no policy. */
  readonly serviceConnectionString: string
  /** Shared access policies of the service API, with their keys. */
  readonly policies: readonly ProvisioningPolicy[]
  /** Individual enrollments, as documents of the service API. */
  readonly enrollments: Enrollments
  /** Enrollment groups, as documents of the service API. */
  readonly enrollmentGroups: Enrollments
  /** Registrations. */
  readonly registrations: Registrations
  /** Certificates of authorities that X.509 groups refer to, or that verify them. */
  readonly certificates: Certificates
  /** Host names of the hubs to which devices can be assigned; at first the hub itself. */
  readonly linkedHubs: readonly string[]
  /**
   * Links another hub of this process, or a hub elsewhere by the connection string of one of its policies.
   * @param hub - a running hub, see {@link startMockHub}, or a connection string.
   * @param allocationWeight - its share of the devices that are allocated by hash, 1 to 1000. Default: 1.
   * @throws InvalidInput for a weight or a connection string that is none.
   */
  link(hub: LinkableHub | HubElsewhere, allocationWeight?: number): void
  /** Unlinks a hub. @returns whether it was linked. */
  unlink(hostName: string): boolean
}

/** @param hostName of the service: that of the hub. */
export function mockProvisioningOf(provisioning: Provisioning, hostName: string): MockProvisioning {
  const { idScope, policies, individual, groups, registrations, certificates } = provisioning
  const [owner] = policies
  return {
    ...{ idScope, policies, registrations, certificates, endpoint: hostName },
    serviceConnectionString:
      owner === undefined
        ? ''
        : `HostName=${hostName};SharedAccessKeyName=${owner.name};SharedAccessKey=${owner.primaryKey}`,
    enrollments: individual,
    enrollmentGroups: groups,
    get linkedHubs() {
      return provisioning.linkedHubs.map((hub) => hub.hostName)
    },
    link(hub, allocationWeight) {
      if (!('registry' in hub)) {
        provisioning.linkElsewhere({ ...hub, allocationWeight: allocationWeight ?? hub.allocationWeight })
        return
      }
      checkWeight(allocationWeight ?? 1)
      provisioning.link(hubOfThisProcess(hub, allocationWeight ?? 1))
    },
    unlink: (name) => provisioning.unlink(name),
  }
}
