/** What the exit code of a run says; cucumber's own says 0 when nothing ran (conformance guide, section 10.1). */

import type { Verdict } from './verdict.ts'

export const EXIT = {
  conformant: 0,
  failed: 1,
  usage: 2,
  cannotJudge: 3,
  stale: 4,
  tooLittle: 5,
} as const

export interface RunTotals {
  readonly planned: number
  readonly ran: number
  /** Scenarios by verdict, known failures left out. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>
  /** Known failures that passed, or whose time is over. */
  readonly stale: number
}

/** Less than planned weighs more than a failure, a failure more than doubt, doubt more than a stale list. */
export function exitCode({ planned, ran, verdicts, stale }: RunTotals): number {
  if (planned === 0 || ran < planned) return EXIT.tooLittle
  if ((verdicts.FAIL ?? 0) > 0) return EXIT.failed
  if ((verdicts.ERROR ?? 0) + (verdicts.INCONCLUSIVE ?? 0) + (verdicts.NOT_RUN ?? 0) > 0)
    return EXIT.cannotJudge
  // Nothing that passed: a run of skips proves nothing.
  if ((verdicts.PASS ?? 0) === 0) return EXIT.tooLittle
  return stale > 0 ? EXIT.stale : EXIT.conformant
}
