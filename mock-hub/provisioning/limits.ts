/** Counts that the service limits (contract 7). */

import type { Enrollment } from './enrollments/enrollment.ts'
import { badRequest } from './refusals.ts'

const MOST_INDIVIDUAL = 1_000_000
const MOST_GROUPS_OF_A_TYPE = 100

/** @throws HubError GenericBadRequest. */
export function checkIndividualLimit({ size }: ReadonlyMap<string, Enrollment>): void {
  if (size < MOST_INDIVIDUAL) return
  throw badRequest('DPS-ENR-10', `at most ${String(MOST_INDIVIDUAL)} individual enrollments`, 'one more')
}

/** Groups of each type of attestation are counted on their own. @throws HubError GenericBadRequest. */
export function checkGroupLimit(
  { attestation: { type } }: Pick<Enrollment, 'attestation'>,
  others: ReadonlyMap<string, Enrollment>,
): void {
  const ofType = [...others.values()].filter(({ attestation }) => attestation.type === type)
  if (ofType.length < MOST_GROUPS_OF_A_TYPE) return
  throw badRequest('DPS-ENR-10', `at most ${String(MOST_GROUPS_OF_A_TYPE)} groups with ${type}`, 'one more')
}
