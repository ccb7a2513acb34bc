/** The verdict of a scenario, and of several scenarios together. */

import type { Level } from '../catalogue/requirement.ts'

/** Worst first; `NOT_SUPPORTED` is not a failure. */
export const VERDICTS = ['ERROR', 'FAIL', 'INCONCLUSIVE', 'NOT_RUN', 'WARN', 'PASS', 'NOT_SUPPORTED'] as const
export type Verdict = (typeof VERDICTS)[number]

/** The tag of a scenario that goes beyond the documentation: its failure is a WARN. */
export const OBSERVED = '@level:observed'

/** The levels of the requirements that a scenario proves. */
export function levelsOf(
  { requirements, tags }: { readonly requirements: readonly string[]; readonly tags: readonly string[] },
  levelOf: (id: string) => Level | undefined,
): readonly Level[] {
  return tags.includes(OBSERVED) ? ['observed'] : requirements.flatMap((id) => levelOf(id) ?? [])
}

/** How a scenario ended. */
export interface Ending {
  readonly status: 'PASSED' | 'FAILED' | 'SKIPPED' | 'UNDEFINED' | 'AMBIGUOUS' | 'PENDING' | 'UNKNOWN'
  /** The name of the error class. */
  readonly errorName: string | undefined
}

/** Errors of the suite or its environment, which are no verdict on the subject. */
const HARNESS_VERDICTS: Readonly<Record<string, Verdict>> = {
  HarnessError: 'ERROR',
  Inconclusive: 'INCONCLUSIVE',
  NotSupported: 'NOT_SUPPORTED',
  TimedOut: 'ERROR',
}

/**
 * The verdict of one scenario.
 * @param levels of the requirements that it proves: with a `must` a failure is a FAIL, otherwise a WARN.
 */
export function verdictOf({ status, errorName }: Ending, levels: readonly Level[]): Verdict {
  switch (status) {
    case 'PASSED':
      return 'PASS'
    case 'FAILED':
      return (
        (errorName === undefined ? undefined : HARNESS_VERDICTS[errorName]) ??
        (levels.includes('must') ? 'FAIL' : 'WARN')
      )
    case 'SKIPPED':
      return errorName === 'NotSupported' ? 'NOT_SUPPORTED' : 'NOT_RUN'
    case 'UNDEFINED':
    case 'AMBIGUOUS':
    case 'PENDING':
    case 'UNKNOWN':
      return 'ERROR'
  }
}

/** The worst verdict of several. */
export function rollUp(verdicts: readonly Verdict[]): Verdict {
  return VERDICTS.find((verdict) => verdicts.includes(verdict)) ?? 'NOT_RUN'
}
