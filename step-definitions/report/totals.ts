/** The requirements of a run by verdict; percentages refer to the applicable ones. */

import type { Results } from '../conformance/results.ts'

export interface RequirementTotals {
  readonly applicable: number
  readonly pass: number
  readonly warn: number
  readonly fail: number
  readonly unclear: number
  readonly notSupported: number
}

export function requirementTotals({ records }: Pick<Results, 'records'>): RequirementTotals {
  const count = (...verdicts: string[]): number =>
    records.filter(({ verdict }) => verdicts.includes(verdict)).length
  const notSupported = count('NOT_SUPPORTED')
  return {
    applicable: records.length - notSupported,
    pass: count('PASS'),
    warn: count('WARN'),
    fail: count('FAIL'),
    unclear: count('ERROR', 'INCONCLUSIVE', 'NOT_RUN'),
    notSupported,
  }
}
