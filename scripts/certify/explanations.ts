/**
 * Explains why an official SDK does not pass everything: people write `docs/results/<sdk>.yaml`, and each run is compared
 * with it. An unexplained result fails the run, and so does an explained requirement that passes.
 */

import { parse } from 'yaml'
import type { RequirementResult } from '../../step-definitions/conformance/results.ts'
import { sectionsOf } from '../../step-definitions/report/sections.ts'

/** Verdicts without an explanation; the page lists unsupported capabilities by name. */
const CLEAR = ['PASS', 'NOT_SUPPORTED']

export interface Explanation {
  /** A known divergence of the SDK from its documentation (`D-02`), or a few words. */
  readonly what: string
  readonly why: string
  /** Sources: files of the SDK, pages. */
  readonly evidence: readonly string[]
  /** Several: the result depends on which thread of the SDK is first. With PASS among them, PASS is explained too. */
  readonly verdicts: readonly string[]
  /** Requirements, each for both classes unless it ends in `/device` or `/module`. */
  readonly requirements: readonly string[]
  /** Those of them that are not met by the neutral rules either: faults, not idioms. */
  readonly faults: readonly string[]
}

/** The results that an explanation covers. */
export interface Explained {
  readonly explanation: Explanation
  readonly results: readonly RequirementResult[]
}

export interface Comparison {
  readonly explained: readonly Explained[]
  /** Missing and stale explanations. */
  readonly complaints: readonly Complaint[]
}

export interface Complaint {
  readonly requirement: string
  readonly text: string
}

/** @throws Error when the file is not a list of explanations. */
export function parseExplanations(text: string): readonly Explanation[] {
  const entries: unknown = parse(text) ?? []
  if (!Array.isArray(entries)) throw new Error('explanations must be a list')
  return entries.map((entry: Partial<Explanation> & { verdict?: string | readonly string[] }, index) => {
    const { what, why, evidence, requirements, verdict, faults = [] } = entry
    if (what === undefined || why === undefined || verdict === undefined)
      throw new Error(`explanation ${String(index + 1)} must have what, why and verdict`)
    const verdicts = typeof verdict === 'string' ? [verdict] : verdict
    if (!isList(evidence) || !isList(requirements))
      throw new Error(`explanation ${String(index + 1)} must list its evidence and its requirements`)
    if (!Array.isArray(faults)) throw new Error(`explanation ${String(index + 1)}: faults must be a list`)
    return { what, why, evidence, verdicts, requirements, faults }
  })
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0
}

/** The results that `ID` or `ID/class` names. */
function named(wanted: string, results: readonly RequirementResult[]): readonly RequirementResult[] {
  const [id, identity] = wanted.split('/')
  return results.filter(
    (result) => result.requirement === id && (identity === undefined || result.identity === identity),
  )
}

/**
 * A fault by the neutral rules is listed as one, and what is listed is one. Where the result depends on a thread of the
 * SDK, either is right.
 */
function faultComplaints(
  results: readonly RequirementResult[],
  explanations: readonly Explanation[],
): readonly Complaint[] {
  const all = (lists: readonly (readonly string[])[]): ReadonlySet<RequirementResult> =>
    new Set(lists.flat().flatMap((wanted) => named(wanted, results)))
  const listed = all(explanations.map(({ faults }) => faults))
  const either = all(
    explanations.filter(({ verdicts }) => verdicts.length > 1).map(({ requirements }) => requirements),
  )
  const faults = new Set(sectionsOf(results).faults)
  const complain = (which: readonly RequirementResult[], what: string): readonly Complaint[] =>
    which
      .filter((result) => !either.has(result))
      .map(({ requirement, identity, neutral }) => ({
        requirement,
        text: `${what}: ${requirement}/${identity} is ${neutral ?? 'not asked'} by the neutral rules`,
      }))
  return [
    ...complain(
      [...faults].filter((result) => !listed.has(result)),
      'no fault is listed',
    ),
    ...complain(
      [...listed].filter((result) => !faults.has(result)),
      'stale fault',
    ),
  ]
}

/** Compares the results of a run with the explanations. */
export function compare(
  results: readonly RequirementResult[],
  explanations: readonly Explanation[],
): Comparison {
  const open = results.filter(({ verdict }) => !CLEAR.includes(verdict))
  const complaints: Complaint[] = []
  const claimed = new Set<RequirementResult>()
  complaints.push(...faultComplaints(results, explanations))
  const explained = explanations.map((explanation): Explained => {
    const found = explanation.requirements.flatMap((wanted) => {
      const id = wanted.split('/')[0]
      const of = named(wanted, results)
      const fitting = of.filter(({ verdict }) => explanation.verdicts.includes(verdict))
      if (fitting.length === 0)
        complaints.push({
          requirement: id ?? wanted,
          text: `stale: ${wanted} is explained as ${explanation.verdicts.join(' or ')} (${explanation.what}), and is ${of.map(({ verdict }) => verdict).join(', ') || 'not in the run'}`,
        })
      return fitting
    })
    for (const result of found) claimed.add(result)
    return { explanation, results: found }
  })
  for (const result of open) {
    if (claimed.has(result)) continue
    const { message = '' } = result.scenarios.find(({ verdict }) => verdict === result.verdict) ?? {}
    complaints.push({
      requirement: result.requirement,
      text: `unexplained: ${result.requirement}/${result.identity} is ${result.verdict}: ${message.split('\n', 1)[0] ?? ''}`,
    })
  }
  return { explained, complaints }
}
