/** The enrollments, groups and certificates that a seed describes, with stable keys where it gives none. */

import { isObject, own, type Json, type JsonObject } from '../../base/json.ts'
import type { Provisioning } from '../../provisioning/contract/provisioning.ts'
import type { KeySource, Seed } from '../seed/seed.ts'

export type ProvisioningSeed = Pick<Seed, 'enrollments' | 'enrollmentGroups' | 'certificates' | 'linkedHubs'>

/** Links are no state: each start makes them again. @throws InvalidInput for a connection string that is none. */
export function applyLinks(provisioning: Provisioning, { linkedHubs = [] }: ProvisioningSeed): void {
  for (const linked of linkedHubs) provisioning.linkElsewhere(linked)
}

/** @throws HubError for an enrollment or certificate that the service refuses. */
export function applyEnrollments(
  { individual, groups, certificates }: Provisioning,
  seed: ProvisioningSeed,
  keyOf: KeySource,
): void {
  for (const { name, certificate, verified = true } of seed.certificates ?? [])
    certificates.upload(name, certificate, verified)
  for (const [store, list, field, what] of [
    [individual, seed.enrollments, 'registrationId', 'enrollment'],
    [groups, seed.enrollmentGroups, 'enrollmentGroupId', 'enrollment group'],
  ] as const)
    for (const enrollment of list ?? []) {
      const id = own(enrollment, field)
      // The rules of seeds have checked that it is a text.
      if (typeof id === 'string') store.put(id, withKeys(enrollment, `${what} ${id}`, keyOf))
    }
}

/** What the service would make by chance is derived; an enrollment without attestation has keys. */
function withKeys(enrollment: JsonObject, purpose: string, keyOf: KeySource): JsonObject {
  const attestation = own(enrollment, 'attestation') ?? { type: 'symmetricKey' }
  if (!isObject(attestation) || own(attestation, 'type') !== 'symmetricKey') return enrollment
  const given = own(attestation, 'symmetricKey')
  const keys: JsonObject = isObject(given) ? given : {}
  const key = (name: string, which: string): Json => own(keys, name) ?? keyOf(`${purpose} ${which}`)
  return {
    ...enrollment,
    attestation: {
      ...attestation,
      symmetricKey: {
        primaryKey: key('primaryKey', 'primary'),
        secondaryKey: key('secondaryKey', 'secondary'),
      },
    },
  }
}

/** @returns what of a seed is for the provisioning service, by the names of its fields. */
export function provisioningFields({
  enrollments,
  enrollmentGroups,
  certificates,
  linkedHubs,
}: Seed): readonly string[] {
  const lists = Object.entries({ enrollments, enrollmentGroups, certificates, linkedHubs })
  return lists.filter(([, list]) => (list?.length ?? 0) > 0).map(([name]) => name)
}
