/**
 * The results of a run: totals, and a verdict with its scenarios for each requirement and class. See
 * `results.schema.json`.
 */

import { type Grade, gradeCounts } from '../catalogue/grades.ts'
import { isNeutral, type Requirement, type RequirementClass, type Subject } from '../catalogue/requirement.ts'
import { placeOf, type Scenario } from '../catalogue/scenarios.ts'
import type { KnownFailure } from './known-failing.ts'
import { PYTHON_API } from '../neutral/reading.ts'
import { EXIT, exitCode } from './exit-code.ts'
import { meetsWhatIsAsked, type ProfileResult, profileResults, PROFILES } from './profiles.ts'
import type { Outcome } from './run.ts'
import { levelsOf, rollUp, type Verdict, VERDICTS, verdictOf } from './verdict.ts'

export interface ScenarioResult {
  readonly key: string
  readonly name: string
  /** `file:line`. */
  readonly at: string
  readonly verdict: Verdict
  /** For a client in any language, when its requirement is asked of one. */
  readonly neutral?: NeutralVerdict
  readonly durationMs: number
  /** The step that failed. */
  readonly step?: string
  readonly message?: string
  /** The journal of the hub, line by line. */
  readonly evidence?: readonly string[]
}

/** The neutral verdict of a scenario. */
export interface NeutralVerdict {
  readonly verdict: Verdict
  /** The step that failed. */
  readonly step?: string
  readonly message?: string
  /** What decided it, before or against a step. */
  readonly why?: string
}

export interface RequirementResult {
  readonly requirement: string
  readonly identity: Subject
  readonly title: string
  readonly area: string
  readonly level: Requirement['level']
  /** How its statement is known. */
  readonly grade?: Grade
  readonly capability: string
  /** What it is about; requirements of clients only. */
  readonly class?: RequirementClass
  /** Its language-neutral profile. */
  readonly profile?: string
  /** How it is judged for a client in any language, where its scenarios expect what Python documents. */
  readonly rule?: string
  /** For the documented Python API, and for hubs. */
  readonly verdict: Verdict
  /** For a client in any language; none for `python-api` and hubs. */
  readonly neutral?: Verdict
  /** The issue of a known failure. */
  readonly known?: string
  readonly scenarios: readonly ScenarioResult[]
}

export interface Results {
  readonly suite: string
  readonly subject: Readonly<Record<string, unknown>>
  readonly mode: 'run' | 'certify'
  readonly order: string
  readonly parameters: Readonly<Record<string, string>>
  /** Scenarios. */
  readonly planned: number
  readonly ran: number
  readonly durationMs: number
  /** Scenarios by verdict; each counts once. */
  readonly verdicts: Readonly<Record<Verdict, number>>
  readonly requirements: {
    readonly total: number
    readonly covered: number
    readonly untestable: number
    /** The covered ones by how their statement is known. */
    readonly grades: Readonly<Record<Grade, number>>
  }
  /** The reading that decides: of a client in any language, or of the documented Python API (and of hubs). */
  readonly judgedBy: 'neutral' | 'documented'
  /** A sentence for each known failure that passed or has expired. */
  readonly stale: readonly string[]
  /** By name; empty when the run was a selection. */
  readonly profiles: Readonly<Record<string, ProfileResult>>
  readonly exitCode: number
  readonly records: readonly RequirementResult[]
}

export interface ResultsInput extends Pick<Results, 'suite' | 'subject' | 'mode' | 'order' | 'parameters'> {
  readonly catalogue: readonly Requirement[]
  readonly plan: readonly Scenario[]
  readonly outcomes: readonly Outcome[]
  readonly durationMs: number
  readonly known: readonly KnownFailure[]
  /** `all`, the selected one, or undefined: the run is a selection of scenarios. */
  readonly profile: string | undefined
  /** YYYY-MM-DD. */
  readonly today: string
}

export function resultsOf(input: ResultsInput): Results {
  const { catalogue, outcomes, plan, known, today, durationMs, profile, ...head } = input
  const byId = new Map(catalogue.map((row) => [row.id, row]))
  const ended = new Map(outcomes.map((outcome) => [placeOf(outcome.scenario), outcome]))
  const judged = plan.map((scenario): Judged => {
    const outcome = ended.get(placeOf(scenario))
    return { scenario, outcome, ...verdictsIn(scenario, outcome, byId) }
  })
  const records = catalogue.flatMap((row) =>
    row.applies.flatMap((identity) => {
      const own = judged.filter(
        ({ scenario }) =>
          scenario.requirements.includes(row.id) && (scenario.identity ?? identity) === identity,
      )
      return own.length === 0 ? [] : [recordOf(row, identity, own, known)]
    }),
  )
  const planned = plan.length
  const ran = judged.filter(({ outcome }) => outcome !== undefined).length
  const knownKeys = new Set(
    records.flatMap((record) => (record.known === undefined ? [] : record.scenarios.map(({ key }) => key))),
  )
  const verdicts = tally(judged.map(({ verdict }) => verdict))
  const isAboutClients = plan.some(({ tags }) => tags.includes('@sut:client'))
  const judgedBy = isAboutClients ? readingOf(profile, head.mode) : 'documented'
  const counted = tally(
    judged
      .flatMap((one) => {
        const verdict = judgedBy === 'neutral' ? decisive(one) : one.verdict
        return verdict === undefined ? [] : [{ scenario: one.scenario, verdict }]
      })
      .filter(({ scenario, verdict }) => !(knownKeys.has(scenario.key) && verdict !== 'PASS'))
      .map(({ verdict }) => verdict),
  )
  const stale = staleOf(known, records, today)
  const current = catalogue.filter(({ testability }) => testability !== 'retired')
  const covered = new Set(records.map(({ requirement }) => requirement))
  const profiles = Object.fromEntries(
    Object.entries(profileResults(records)).filter(
      ([name]) => profile === 'all' || profile === name || name.startsWith(`${profile ?? ''}/`),
    ),
  )
  const isShort =
    profile === 'all'
      ? head.mode === 'certify' && !meetsWhatIsAsked(profiles)
      : Object.values(profiles).some(({ met }) => !met)
  // An unsupported requirement fails the run only when it belongs to the selected profile.
  const code = exitCode({ planned, ran, verdicts: counted, stale: stale.length })
  return {
    ...head,
    ...{ planned, ran, durationMs, verdicts, judgedBy, stale, records },
    requirements: {
      total: current.length,
      covered: covered.size,
      untestable: current.filter(({ testability }) => testability === 'untestable').length,
      grades: gradeCounts([...covered].map((id) => byId.get(id)?.grade)),
    },
    profiles,
    exitCode: code === EXIT.conformant && isShort ? EXIT.failed : code,
  }
}

/** A certificate of a client is language-neutral, unless it is for a profile of the documented Python API. */
function readingOf(profile: string | undefined, mode: Results['mode']): Results['judgedBy'] {
  if (profile === 'all') return mode === 'certify' ? 'neutral' : 'documented'
  return profile !== undefined && PROFILES[profile]?.neutral !== undefined ? 'neutral' : 'documented'
}

/** The verdict that counts in the neutral reading; undefined: nobody asks it of a client in another language. */
function decisive({ scenario, verdict, neutral }: Judged): Verdict | undefined {
  return scenario.tags.includes('@sut:hub') ? verdict : neutral?.verdict
}

interface Judged {
  readonly scenario: Scenario
  /** Undefined: it did not run. */
  readonly outcome: Outcome | undefined
  readonly verdict: Verdict
  /** Undefined: nobody asks it of a client in another language. */
  readonly neutral: NeutralVerdict | undefined
}

function verdictsIn(
  scenario: Scenario,
  outcome: Outcome | undefined,
  byId: ReadonlyMap<string, Requirement>,
): Pick<Judged, 'verdict' | 'neutral'> {
  const levels = levelsOf(scenario, (id) => byId.get(id)?.level)
  const verdict = outcome === undefined ? 'NOT_RUN' : verdictOf(outcome.ending, levels)
  const isAsked =
    !scenario.tags.includes(PYTHON_API) && scenario.requirements.some((id) => isNeutral(byId.get(id) ?? {}))
  if (!isAsked) return { verdict, neutral: undefined }
  const neutral = outcome?.neutral
  if (neutral === undefined) {
    const { step, message } = outcome ?? {}
    return { verdict, neutral: withoutUndefined(verdict, verdict === 'PASS' ? {} : { step, message }) }
  }
  const own = verdictOf(neutral, levels)
  const passes = own === 'PASS'
  const { step, message, why } = neutral
  return {
    verdict,
    neutral: withoutUndefined(
      passes && neutral.warns ? 'WARN' : own,
      passes ? { why } : { step, message, why },
    ),
  }
}

function withoutUndefined(
  verdict: Verdict,
  {
    step,
    message,
    why,
  }: { step?: string | undefined; message?: string | undefined; why?: string | undefined },
): NeutralVerdict {
  return {
    verdict,
    ...(step === undefined ? {} : { step }),
    ...(message === undefined ? {} : { message }),
    ...(why === undefined ? {} : { why }),
  }
}

function recordOf(
  row: Requirement,
  identity: Subject,
  judged: readonly Judged[],
  known: readonly KnownFailure[],
): RequirementResult {
  const { id, title, area, level, grade, capability, class: own, profile, rule } = row
  const verdict = rollUp(judged.map((one) => one.verdict))
  const neutral = judged.flatMap((one) => (one.neutral === undefined ? [] : [one.neutral.verdict]))
  const issue = known.find((failure) => failure.id === id && failure.subject === identity)?.issue
  return {
    ...{ requirement: id, identity, title, area, level, capability, verdict },
    ...(grade === undefined ? {} : { grade }),
    ...(own === undefined ? {} : { class: own }),
    ...(profile === undefined ? {} : { profile }),
    ...(rule === undefined ? {} : { rule }),
    ...(isNeutral(row) && neutral.length > 0 ? { neutral: rollUp(neutral) } : {}),
    ...(issue === undefined ? {} : { known: issue }),
    scenarios: judged.map((one) => scenarioResult(one, isNeutral(row))),
  }
}

function scenarioResult({ scenario, outcome, verdict, neutral }: Judged, isAsked: boolean): ScenarioResult {
  const { message, step, attachments = [], durationMs = 0 } = outcome ?? {}
  return {
    ...{ key: scenario.key, name: scenario.name, at: placeOf(scenario), verdict },
    ...(isAsked && neutral !== undefined ? { neutral } : {}),
    durationMs: Math.round(durationMs),
    ...(verdict === 'PASS'
      ? {}
      : {
          ...(step === undefined ? {} : { step }),
          ...(message === undefined ? {} : { message }),
          evidence: attachments.flatMap((text) => text.split('\n')),
        }),
  }
}

function tally(verdicts: readonly Verdict[]): Record<Verdict, number> {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number> // one for each verdict
  for (const verdict of verdicts) counts[verdict]++
  return counts
}

function staleOf(
  known: readonly KnownFailure[],
  records: readonly RequirementResult[],
  today: string,
): readonly string[] {
  return known.flatMap(({ id, subject, until }) => {
    const record = records.find(({ requirement, identity }) => requirement === id && identity === subject)
    if (record === undefined)
      return [`${id} ${subject}: did not run; remove it from the list or correct the id`]
    if (record.verdict === 'PASS') return [`${id} ${subject}: passes; remove it from the list`]
    return until < today ? [`${id} ${subject}: expired on ${until}; fix it or set a new date`] : []
  })
}
