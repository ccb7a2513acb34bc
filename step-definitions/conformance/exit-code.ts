/** The exit code of a run; that of cucumber would be 0 when nothing ran. */

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
  /** Scenarios by verdict, without known failures. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>
  /** Known failures that passed or have expired. */
  readonly stale: number
}

/** In this order: too few scenarios ran, a failure, no verdict, a stale list. */
export function exitCode({ planned, ran, verdicts, stale }: RunTotals): number {
  if (planned === 0 || ran < planned) return EXIT.tooLittle
  if ((verdicts.FAIL ?? 0) > 0) return EXIT.failed
  if ((verdicts.ERROR ?? 0) + (verdicts.INCONCLUSIVE ?? 0) + (verdicts.NOT_RUN ?? 0) > 0)
    return EXIT.cannotJudge
  // A run in which no scenario passed proves nothing.
  if ((verdicts.PASS ?? 0) === 0) return EXIT.tooLittle
  return stale > 0 ? EXIT.stale : EXIT.conformant
}
