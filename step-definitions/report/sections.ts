/** Sorts the results of a client: what is a fault, what is an idiom of its language, what it does not claim. */

import type { RequirementResult, ScenarioResult } from '../conformance/results.ts'
import type { Verdict } from '../conformance/verdict.ts'

export interface Sections {
  /** Not met by the neutral rules: worth mending, in any language. Of hubs: what is not met. */
  readonly faults: readonly RequirementResult[]
  /** Met with a warning by the neutral rules. */
  readonly warnings: readonly RequirementResult[]
  /** Met by the neutral rules, or not asked of a client in another language, and not as the Python API is documented. */
  readonly idioms: readonly RequirementResult[]
  readonly notClaimed: readonly RequirementResult[]
}

export function sectionsOf(records: readonly RequirementResult[]): Sections {
  const faults = records.filter((record) => isMiss(decisiveVerdict(record)))
  const warnings = records.filter((record) => decisiveVerdict(record) === 'WARN')
  const notClaimed = records.filter((record) => {
    const verdict = decisiveVerdict(record) ?? record.verdict
    return verdict === 'NOT_SUPPORTED'
  })
  const sorted = new Set([...faults, ...warnings, ...notClaimed])
  return {
    ...{ faults, warnings, notClaimed },
    idioms: records.filter(
      (record) => !sorted.has(record) && !['PASS', 'NOT_SUPPORTED'].includes(record.verdict),
    ),
  }
}

/** The verdict that says whether something is wrong; undefined: only the documented Python API asks for it. */
export function decisiveVerdict({ identity, verdict, neutral }: RequirementResult): Verdict | undefined {
  return identity === 'hub' ? verdict : neutral
}

/** The scenario that decided against a requirement, and what it says. */
export interface Decisive {
  readonly scenario: ScenarioResult
  readonly step: string
  readonly message: string
  /** What the neutral rules found instead. */
  readonly why?: string
}

/** @param reading which of the two verdicts. */
export function decisiveOf(
  record: RequirementResult,
  reading: 'neutral' | 'documented' = 'neutral',
): Decisive | undefined {
  if (reading === 'neutral' && record.neutral !== undefined) {
    const scenario = record.scenarios.find((one) => one.neutral?.verdict === record.neutral)
    if (scenario === undefined) return undefined
    const { step = scenario.step ?? '', message = scenario.message ?? '', why } = scenario.neutral ?? {}
    return { scenario, step, message, ...(why === undefined ? {} : { why }) }
  }
  const scenario = record.scenarios.find(({ verdict }) => verdict === record.verdict)
  return scenario && { scenario, step: scenario.step ?? '', message: scenario.message ?? '' }
}

function isMiss(verdict: Verdict | undefined): boolean {
  return verdict !== undefined && ['FAIL', 'ERROR', 'INCONCLUSIVE', 'NOT_RUN'].includes(verdict)
}
