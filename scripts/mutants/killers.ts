/** Which requirements noticed a mutant. */

import { IDS } from '../../step-definitions/catalogue/coverage.ts'
import type { FailedTest, RunResult } from './workshop.ts'

/** An error of the mutant's own making is no proof that anybody looked. */
const CRASH = /is not a function|is not defined|Cannot read propert|SyntaxError/

/** Requirements of which a scenario failed at what it claims, not on the way there. */
export function killersIn({ records }: Pick<RunResult, 'records'>): readonly string[] {
  const failed = records.filter(
    ({ verdict, scenarios }) =>
      (verdict === 'FAIL' || verdict === 'WARN') &&
      scenarios.some((one) => one.verdict === verdict && !CRASH.test(one.message ?? '')),
  )
  return [...new Set(failed.map(({ requirement }) => requirement))]
}

/** Requirements that failed tests name. */
export function killersAmong(failed: readonly FailedTest[]): readonly string[] {
  const looked = failed.filter(({ message }) => !CRASH.test(message) && !message.includes('timed out'))
  return [...new Set(looked.flatMap(({ name }) => name.match(IDS) ?? []))]
}
