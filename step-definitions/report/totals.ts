/** The requirements of a run by verdict; percentages refer to the applicable ones. */

import type { Results } from '../conformance/results.ts'
import { decisiveVerdict } from './sections.ts'

export interface RequirementTotals {
  readonly applicable: number
  readonly pass: number
  readonly warn: number
  readonly fail: number
  readonly unclear: number
  readonly notSupported: number
}

/**
 * By the reading that decides: in the neutral one, requirements that only the documented Python API asks for do not count.
 */
export function requirementTotals({
  records,
  judgedBy = 'documented',
}: Pick<Results, 'records'> & Partial<Pick<Results, 'judgedBy'>>): RequirementTotals {
  const counted = records.flatMap((record) => {
    const verdict = judgedBy === 'neutral' ? decisiveVerdict(record) : record.verdict
    return verdict === undefined ? [] : [verdict]
  })
  const count = (...verdicts: string[]): number =>
    counted.filter((verdict) => verdicts.includes(verdict)).length
  const notSupported = count('NOT_SUPPORTED')
  return {
    applicable: counted.length - notSupported,
    pass: count('PASS'),
    warn: count('WARN'),
    fail: count('FAIL'),
    unclear: count('ERROR', 'INCONCLUSIVE', 'NOT_RUN'),
    notSupported,
  }
}
