/** Builds a provisioning service around a hub's clock, journal, faults and settings, and connects its parts. */

import { randomFrom } from '../base/random.ts'
import type { Hub } from '../core/contract/hub.ts'
import { Attestor } from './attestation/attestor.ts'
import { Authorities } from './attestation/authorities.ts'
import { readCertificates } from './attestation/certificate.ts'
import type { CallWebhook, ConnectHub, LinkedHub } from './contract/linked-hub.ts'
import type { ProvisioningPolicy } from './contract/policies.ts'
import type { Provisioning } from './contract/provisioning.ts'
import { EnrollmentStore } from './enrollments/enrollment-store.ts'
import { hubOfThisProcess } from './hubs/hub-of-this-process.ts'
import { checkGroupLimit, checkIndividualLimit } from './limits.ts'
import { sameId } from './names.ts'
import { authorize, ownerPolicy } from './policies.ts'
import { HubDeviceProvisioning } from './registrations/device-provisioning.ts'
import { stateDocument } from './registrations/registration.ts'
import { RegistrationStore } from './registrations/registration-store.ts'
import { Throttles } from './registrations/throttles.ts'

export interface ProvisioningOptions {
  /** The hub in whose process the service runs; it is linked. */
  readonly hub: Pick<
    Hub,
    'hostName' | 'settings' | 'clock' | 'commits' | 'journal' | 'faults' | 'registry' | 'twins' | 'refuse'
  >
  /** Makes keys, ids and etags repeatable. @default random ones */
  readonly seed?: number | undefined
  /** How often the stored state was started before: each start has random values of its own. Default: 0. */
  readonly starts?: number | undefined
  /** @default 0ne00000000 */
  readonly idScope?: string | undefined
  /** Calls the webhook of a custom allocation. */
  readonly callWebhook: CallWebhook
  /** Makes linked hubs of connection strings. */
  readonly connectHub: ConnectHub
  /** @default provisioningserviceowner with all rights and its own keys */
  readonly policies?: readonly ProvisioningPolicy[] | undefined
  /** Authorities in PEM that count as verified. */
  readonly trustedAuthorities?: readonly string[] | undefined
  /** Hubs that are linked beside the one of this process. */
  readonly linkedHubs?: readonly LinkedHub[] | undefined
}

/** The form that ID scopes have. */
export const DEFAULT_ID_SCOPE = '0ne00000000'

export function createProvisioning(options: ProvisioningOptions): Provisioning {
  const { hub, idScope = DEFAULT_ID_SCOPE, callWebhook, linkedHubs = [], starts = 0 } = options
  const { trustedAuthorities = [] } = options
  const { clock, commits, settings, journal, faults } = hub
  const purpose = starts === 0 ? 'provisioning' : `provisioning, start ${String(starts + 1)}`
  const random = randomFrom(options.seed)(purpose)
  const policies = options.policies ?? [ownerPolicy(random)]
  commits.keep({
    kind: 'provisioningPolicy',
    keys: () => policies.map(({ name }) => name),
    read: (key) => policies.find(({ name }) => name === key),
    // The service was made with them.
    load: () => undefined,
  })
  for (const { name } of policies) commits.changed('provisioningPolicy', name)
  const atStart: readonly LinkedHub[] = [hubOfThisProcess(hub), ...linkedHubs]
  let linked = atStart
  const hubNames = (): readonly string[] => linked.map(({ hostName }) => hostName)

  const trusted = trustedAuthorities.flatMap((pem) => readCertificates(pem))
  const authorities = new Authorities(clock, random, commits, trusted)
  const throttles = new Throttles(clock, settings.dpsThrottles)
  const shared = { clock, random, commits, linkedHubs: hubNames }
  const store = new RegistrationStore(clock, random, commits, (id) => groups.find(id) !== undefined)
  const individual = new EnrollmentStore({
    ...shared,
    kind: 'individual',
    stateOf: (id) => {
      const record = store.find(id)
      return record && stateDocument(record)
    },
    removed: ({ id }) => {
      store.forget(id)
    },
    checkLimit: (_spec, others) => {
      checkIndividualLimit(others)
    },
  })
  const groups = new EnrollmentStore({
    ...shared,
    kind: 'group',
    stateOf: () => undefined,
    removed: () => undefined,
    checkLimit: checkGroupLimit,
  })
  const attestor = new Attestor({
    idScope,
    clock,
    settings,
    authorities,
    individual: (id) => individual.find(id),
    groups: () => groups.records,
  })
  const devices = new HubDeviceProvisioning({
    ...{ clock, commits, settings, journal, faults, random, attestor, store, throttles, callWebhook },
    hubs: () => linked,
  })
  const link = (added: LinkedHub): void => {
    linked = [...linked.filter(({ hostName }) => !sameId(hostName, added.hostName)), added]
  }
  return {
    ...{
      link,
      idScope,
      policies,
      devices,
      individual,
      groups,
      registrations: store,
      certificates: authorities,
    },
    get linkedHubs() {
      return linked
    },
    linkElsewhere: (added) => {
      link(options.connectHub(added))
    },
    unlink(hostName) {
      const left = linked.filter((each) => !sameId(each.hostName, hostName))
      const found = left.length < linked.length
      linked = left
      return found
    },
    authorize(header, right) {
      const name = authorize({ clock, settings, policies }, header, right)
      throttles.takeOperation()
      return name
    },
    refuse: (error, where) => {
      hub.refuse(error, where)
    },
    clear() {
      for (const part of [devices, individual, groups, store, authorities, throttles]) part.clear()
      linked = atStart
    },
  }
}
