/** Verdicts: what a scenario says of its subject, and how several become one (conformance guide, section 6). */

import type { Level } from '../catalogue/requirement.ts'

/** From the worst to the mildest; `NOT_SUPPORTED` says nothing against anyone. */
export const VERDICTS = ['ERROR', 'FAIL', 'INCONCLUSIVE', 'NOT_RUN', 'WARN', 'PASS', 'NOT_SUPPORTED'] as const
export type Verdict = (typeof VERDICTS)[number]

/** A scenario that goes further than the documentation does says so: breaking it is a WARN. */
export const OBSERVED = '@level:observed'

/** How much weighs what a scenario shows. */
export function levelsOf(
  { requirements, tags }: { readonly requirements: readonly string[]; readonly tags: readonly string[] },
  levelOf: (id: string) => Level | undefined,
): readonly Level[] {
  return tags.includes(OBSERVED) ? ['observed'] : requirements.flatMap((id) => levelOf(id) ?? [])
}

/** What the runner knows of a scenario that has ended. */
export interface Ending {
  readonly status: 'PASSED' | 'FAILED' | 'SKIPPED' | 'UNDEFINED' | 'AMBIGUOUS' | 'PENDING' | 'UNKNOWN'
  /** Class of the error that ended it, by name. */
  readonly errorName: string | undefined
}

/** Errors that say something of the suite or its surroundings and nothing of the subject. */
const OF_THE_HARNESS: Readonly<Record<string, Verdict>> = {
  HarnessError: 'ERROR',
  Inconclusive: 'INCONCLUSIVE',
  NotSupported: 'NOT_SUPPORTED',
}

/**
 * The verdict of one scenario.
 * @param levels of the requirements it proves: breaking a `must` is a FAIL, anything less a WARN.
 */
export function verdictOf({ status, errorName }: Ending, levels: readonly Level[]): Verdict {
  switch (status) {
    case 'PASSED':
      return 'PASS'
    case 'FAILED':
      return (
        (errorName === undefined ? undefined : OF_THE_HARNESS[errorName]) ??
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

/** The worst of several; a PASS needs a scenario that passed. */
export function rollUp(verdicts: readonly Verdict[]): Verdict {
  return VERDICTS.find((verdict) => verdicts.includes(verdict)) ?? 'NOT_RUN'
}
