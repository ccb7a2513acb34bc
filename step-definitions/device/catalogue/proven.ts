/** Checks the requirements of devices against the rules, the provocations and the broken devices. */

import type { DeviceRow } from './rows.ts'

export interface Proof {
  /** Ids of the rows that have a rule. */
  readonly judged: readonly string[]
  /** Ids of the rows that a provocation names; others are watched always. */
  readonly provoked: readonly string[]
  /** Broken devices. */
  readonly variants: readonly string[]
  /** Ids of rows in the tests of the judge. */
  readonly tested: readonly string[]
}

/** @returns a sentence for each finding, with the remedy. */
export function checkDeviceRows(rows: readonly DeviceRow[], proof: Proof): readonly string[] {
  const known = new Set(rows.map(({ id }) => id))
  return [
    ...rows
      .filter(({ id }) => !proof.judged.includes(id))
      .map(({ id }) => `${id}: has no rule; add one to judge/rules`),
    ...rows
      .filter(({ id }) => !proof.tested.includes(id))
      .map(({ id }) => `${id}: no test names it; add journals of the rule`),
    ...rows.flatMap(({ id, level, mutants = [] }) =>
      level === 'must' && mutants.length === 0
        ? [`${id}: is a must and names no broken device; add one`]
        : [],
    ),
    ...rows.flatMap(({ id, mutants = [] }) =>
      mutants
        .filter((one) => !proof.variants.includes(one))
        .map((one) => `${id}: there is no broken device ${one}`),
    ),
    ...proof.judged.filter((id) => !known.has(id)).map((id) => `${id}: has a rule and no row`),
    ...proof.provoked
      .filter((id) => !known.has(id))
      .map((id) => `${id}: is named by a provocation and has no row`),
  ]
}
