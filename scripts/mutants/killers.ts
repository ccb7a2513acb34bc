/** Which requirements noticed a mutant. */

import { IDS } from '../../step-definitions/catalogue/coverage.ts'
import type { FailedTest, RunResult } from './working-copy.ts'

/** A crash that the mutant causes does not show that a test noticed it. */
const CRASH = /is not a function|is not defined|Cannot read propert|SyntaxError/

/** Requirements with a scenario that failed because of an assertion, not because of a crash. */
export function killersIn({ records }: Pick<RunResult, 'records'>): readonly string[] {
  const failed = records.filter(
    ({ verdict, scenarios }) =>
      (verdict === 'FAIL' || verdict === 'WARN') &&
      scenarios.some((one) => one.verdict === verdict && !CRASH.test(one.message ?? '')),
  )
  return [...new Set(failed.map(({ requirement }) => requirement))]
}

/** Requirements in the names of failed tests. */
export function killersAmong(failed: readonly FailedTest[]): readonly string[] {
  const looked = failed.filter(({ message }) => !CRASH.test(message) && !message.includes('timed out'))
  return [...new Set(looked.flatMap(({ name }) => name.match(IDS) ?? []))]
}
