/** Which requirements noticed a mutant. */

import { IDS } from '../../step-definitions/catalogue/coverage.ts'
import { CRASH } from '../../step-definitions/conformance/stop.ts'
import type { FailedTest, RunResult } from './working-copy.ts'

/**
 * Requirements with a scenario that failed because of an assertion, not because of a crash.
 * @param levels the verdicts that count.
 */
export function killersIn(
  { records }: Pick<RunResult, 'records'>,
  levels: readonly string[] = ['FAIL', 'WARN'],
): readonly string[] {
  const failed = records.filter(
    ({ verdict, scenarios }) =>
      levels.includes(verdict) &&
      scenarios.some((one) => one.verdict === verdict && !CRASH.test(one.message ?? '')),
  )
  return [...new Set(failed.map(({ requirement }) => requirement))]
}

/** Why a run in which nothing failed says nothing about the mutant; undefined: every scenario has a verdict. */
export function withoutVerdict({
  records,
  notRun,
}: Pick<RunResult, 'records' | 'notRun'>): string | undefined {
  if (notRun !== undefined) return notRun
  if (records.length === 0) return 'no scenario ran'
  const open = records.filter(({ verdict }) => ['ERROR', 'INCONCLUSIVE', 'NOT_RUN'].includes(verdict))
  return open.length === 0
    ? undefined
    : open.map(({ requirement, verdict }) => `${requirement} ${verdict}`).join(', ')
}

/** Requirements in the names of failed tests. */
export function killersAmong(failed: readonly FailedTest[]): readonly string[] {
  const looked = failed.filter(({ message }) => !CRASH.test(message) && !message.includes('timed out'))
  return [...new Set(looked.flatMap(({ name }) => name.match(IDS) ?? []))]
}
