/** Which hub a device is assigned to (docs/contract/provisioning.md#provisioning-hub). */

import { createHash } from 'node:crypto'
import type { LinkedHub } from '../contract/linked-hub.ts'
import type { Enrollment } from '../enrollments/enrollment.ts'
import { sameId } from '../names.ts'

/** The hubs to which an enrollment may assign, in order of their names. */
export function candidates(
  { iotHubs }: Pick<Enrollment, 'iotHubs'>,
  linked: readonly LinkedHub[],
): readonly LinkedHub[] {
  const allowed =
    iotHubs === undefined
      ? linked
      : linked.filter(({ hostName }) => iotHubs.some((name) => sameId(name, hostName)))
  return allowed.toSorted((a, b) => (a.hostName < b.hostName ? -1 : 1))
}

/**
 * The hub that a registration id hashes to; each hub gets a share by its weight, and an id keeps its hub for as long as
 * the hubs and their weights are the same.
 * @returns undefined: there is no hub.
 */
export function hashed(registrationId: string, hubs: readonly LinkedHub[]): LinkedHub | undefined {
  const total = hubs.reduce((sum, { allocationWeight }) => sum + allocationWeight, 0)
  if (total === 0) return undefined
  let place = createHash('sha256').update(registrationId.toLowerCase()).digest().readUInt32BE() % total
  return hubs.find(({ allocationWeight }) => {
    place -= allocationWeight
    return place < 0
  })
}
