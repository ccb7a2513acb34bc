/** What the provisioning service beside a running hub offers to the process it runs in. */

import { InvalidInput } from '../../base/invalid-input.ts'
import type { Certificates } from '../../provisioning/contract/certificates.ts'
import type { Enrollments } from '../../provisioning/contract/enrollments.ts'
import type { ProvisioningPolicy } from '../../provisioning/contract/policies.ts'
import type { Provisioning, Registrations } from '../../provisioning/contract/provisioning.ts'
import { hubOfThisProcess } from '../../provisioning/hubs/hub-of-this-process.ts'
import type { Registry } from '../../core/contract/registry.ts'
import type { Twins } from '../../core/contract/twins.ts'

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
   * Links another hub of this process.
   * @param hub - a running hub, see {@link startMockHub}.
   * @param allocationWeight - its share of the devices that are allocated by hash, 1 to 1000. Default: 1.
   * @throws InvalidInput for a weight that is none.
   */
  link(hub: LinkableHub, allocationWeight?: number): void
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
    link(hub, allocationWeight = 1) {
      if (!Number.isSafeInteger(allocationWeight) || allocationWeight < 1 || allocationWeight > 1000)
        throw new InvalidInput(
          'hub.provisioning.link',
          'allocationWeight',
          'to be a whole number from 1 to 1000',
          allocationWeight,
        )
      provisioning.link(hubOfThisProcess(hub, allocationWeight))
    },
    unlink: (name) => provisioning.unlink(name),
  }
}
