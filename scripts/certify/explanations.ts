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
  readonly verdict: string
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

/** @throws Error when the file is no list of explanations. */
export function parseExplanations(text: string): readonly Explanation[] {
  const entries: unknown = parse(text) ?? []
  if (!Array.isArray(entries)) throw new Error('explanations must be a list')
  return entries.map((entry: Partial<Explanation>, index) => {
    const { what, why, evidence, verdict, requirements, faults = [] } = entry
    if (what === undefined || why === undefined || verdict === undefined)
      throw new Error(`explanation ${String(index + 1)} must have what, why and verdict`)
    if (!isList(evidence) || !isList(requirements))
      throw new Error(`explanation ${String(index + 1)} must list its evidence and its requirements`)
    if (!Array.isArray(faults)) throw new Error(`explanation ${String(index + 1)}: faults must be a list`)
    return { what, why, evidence, verdict, requirements, faults }
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

/** A fault by the neutral rules is listed as one, and what is listed is one. */
function faultComplaints(
  results: readonly RequirementResult[],
  listed: ReadonlySet<RequirementResult>,
): readonly Complaint[] {
  const faults = new Set(sectionsOf(results).faults)
  const complaint = ({ requirement, identity, neutral }: RequirementResult, text: string): Complaint => ({
    requirement,
    text: `${text}: ${requirement}/${identity} is ${neutral ?? 'not asked'} by the neutral rules`,
  })
  return [
    ...[...faults]
      .filter((result) => !listed.has(result))
      .map((result) => complaint(result, 'no fault is listed')),
    ...[...listed].filter((result) => !faults.has(result)).map((result) => complaint(result, 'stale fault')),
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
  const faults = new Set(
    explanations.flatMap((explanation) => explanation.faults.flatMap((wanted) => named(wanted, results))),
  )
  complaints.push(...faultComplaints(results, faults))
  const explained = explanations.map((explanation): Explained => {
    const found = explanation.requirements.flatMap((wanted) => {
      const id = wanted.split('/')[0]
      const of = named(wanted, results)
      const fitting = of.filter(({ verdict }) => verdict === explanation.verdict)
      if (fitting.length === 0)
        complaints.push({
          requirement: id ?? wanted,
          text: `stale: ${wanted} is explained as ${explanation.verdict} (${explanation.what}), and is ${of.map(({ verdict }) => verdict).join(', ') || 'not in the run'}`,
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
