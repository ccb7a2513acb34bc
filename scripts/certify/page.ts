/** The pages of a certification: one for each SDK, with its failures and their explanations, and a table of all SDKs. */

import { PROFILES, profileResults } from '../../step-definitions/conformance/profiles.ts'
import type { RequirementResult, ScenarioResult } from '../../step-definitions/conformance/results.ts'
import { ladder } from '../../step-definitions/report/ladder.ts'
import { decisiveOf, sectionsOf } from '../../step-definitions/report/sections.ts'
import type { Comparison, Explained } from './explanations.ts'

const MAX_EXCHANGES = 14
const MAX_DIFFERENCES = 6

/** Results of one SDK by area, for the table of all SDKs. */
export interface Summary {
  readonly client: string
  readonly page: string
  /** Requirements by verdict, of each area. */
  readonly areas: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** By name: the number of its requirements, of those that are not met, and of those that it does not claim. */
  readonly profiles: Readonly<
    Record<string, { readonly requirements: number; readonly against: number; readonly notClaimed?: number }>
  >
}

export function summaryOf(client: string, page: string, records: readonly RequirementResult[]): Summary {
  const areas: Record<string, Record<string, number>> = {}
  for (const { area, verdict } of records) {
    const counts = (areas[area] ??= {})
    counts[verdict] = (counts[verdict] ?? 0) + 1
  }
  const profiles = Object.fromEntries(
    Object.entries(profileResults(records)).map(([name, { requirements, against, notClaimed = [] }]) => [
      name,
      { requirements, against: against.length, notClaimed: notClaimed.length },
    ]),
  )
  return { client, page, areas, profiles }
}

/** The page of one SDK. */
export function sdkPage(
  client: string,
  records: readonly RequirementResult[],
  { explained }: Comparison,
): string {
  const count = (verdict: string): number => records.filter((record) => record.verdict === verdict).length
  const unsupported = records.filter(({ verdict }) => verdict === 'NOT_SUPPORTED')
  const { faults, warnings, idioms, notClaimed } = sectionsOf(records)
  const idiomatic = explained
    .map(({ explanation, results }) => ({
      explanation,
      results: results.filter((result) => idioms.includes(result)),
    }))
    .filter(({ results }) => results.length > 0)
  return [
    `# ${client}`,
    '',
    'The certification run writes this page. The explanations come from the YAML file beside it; a stale one fails the run.',
    '',
    ...profileLines(records),
    '',
    `By the language-neutral rules: ${String(faults.length)} faults, ${String(warnings.length)} warnings, ` +
      `${String(notClaimed.length)} not claimed. ${String(idioms.length)} results differ from the documented Python API alone.`,
    '',
    `By the documented Python API, ${String(records.length)} results (a requirement has one for each class it applies to): ${String(count('PASS'))} passed, ` +
      `${String(count('FAIL'))} failed, ${String(count('WARN'))} warnings, ${String(count('INCONCLUSIVE'))} inconclusive, ` +
      `${String(count('ERROR'))} errors, ${String(unsupported.length)} not supported.`,
    ...missSection(
      'Faults',
      'Not met by the language-neutral rules: worth mending, whatever the language. Each with the packets around it.',
      faults,
      explained,
    ),
    ...missSection('Warnings', 'Met by the language-neutral rules, with a reservation.', warnings, explained),
    ...(idiomatic.length === 0
      ? []
      : [
          ...['', '## Idioms', ''],
          'Other than the documented Python API, and no fault in a client of another language.',
          ...idiomatic.flatMap(section),
        ]),
    ...(notClaimed.length === 0
      ? []
      : ['', '## What it does not claim', '', ...unsupportedLines(notClaimed)]),
    '',
  ].join('\n')
}

/** The profiles of the client; the language-neutral ones first. */
function profileLines(records: readonly RequirementResult[]): readonly string[] {
  const rows = Object.entries(profileResults(records)).map(([name, result]) => {
    const { requirements, against, notClaimed = [] } = result
    const met =
      against.length === 0 ? '**met**' : `${String(requirements - against.length)} of ${String(requirements)}`
    return `| ${name} | ${met} | ${notClaimed.length === 0 ? '' : String(notClaimed.length)} |`
  })
  return ['| profile | met | not claimed |', '| --- | --- | --- |', ...rows]
}

/** Misses by the neutral rules, one after the other: the rule, what happened, the explanation, the wire. */
function missSection(
  title: string,
  about: string,
  misses: readonly RequirementResult[],
  explained: readonly Explained[],
): readonly string[] {
  if (misses.length === 0) return []
  return ['', `## ${title}`, '', about, ...misses.flatMap((miss) => missLines(miss, explained))]
}

function missLines(miss: RequirementResult, explained: readonly Explained[]): readonly string[] {
  const { requirement, identity, title, neutral = '', rule, profile = '' } = miss
  const { scenario, step = '', message = '', why } = decisiveOf(miss) ?? {}
  const reason = explained.find(({ results }) => results.includes(miss))?.explanation
  const rungs = ladder(scenario?.evidence ?? [])
  return [
    ...['', `### ${requirement} ${identity}: ${title}`, ''],
    `${neutral}, ${profile}, ${scenario?.at.replace(/^features\//, '') ?? ''}. ${plain(step.replace(/:$/, ''))}: ${plain(messageText(message))}`,
    ...(why === undefined ? [] : ['', plain(why)]),
    ...(rule === undefined ? [] : ['', `In any language: ${plain(rule)}.`]),
    ...(reason === undefined
      ? []
      : ['', `${reason.what}. ${reason.why.trim()}`, '', ...reason.evidence.map((where) => `- ${where}`)]),
    ...(rungs.length === 0
      ? []
      : ['', '```text', ...rungs.map((rung) => rung.replace(/localhost:\d+/g, 'localhost')), '```']),
  ]
}

/** Text that Markdown leaves as it is. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('<', '&lt;').slice(0, 400)
}

function section({ explanation: { what, why, evidence, verdicts }, results }: Explained): readonly string[] {
  return [
    ...['', `### ${what}`, '', `${verdicts.join(' or ')}. ${why.trim()}`, ''],
    ...evidence.map((where) => `- ${where}`),
    ...['', '| requirement | class | failed step | packets |', '| --- | --- | --- | --- |'],
    ...results.map((result) => {
      const { step = '', message = '' } = failing(result) ?? {}
      return `| ${result.requirement}: ${cell(result.title)} | ${result.identity} | ${cell(step.replace(/:$/, ''))}: ${cell(messageText(message))} | ${exchanges(result)} |`
    }),
  ]
}

function failing(result: RequirementResult): ScenarioResult | undefined {
  return result.scenarios.find(({ verdict }) => verdict === result.verdict)
}

/** Packets and requests between client and hub, oldest first: `CONNECT→ ←CONNACK`, faults by name; repeats are counted. */
function exchanges(result: RequirementResult): string {
  const entries: { readonly text: string; times: number }[] = []
  for (const line of failing(result)?.evidence ?? []) {
    const text = exchangeOf(line)
    const last = entries.at(-1)
    if (text === undefined) continue
    if (last?.text === text) last.times++
    else entries.push({ text, times: 1 })
  }
  const shown = entries
    .slice(0, MAX_EXCHANGES)
    .map(({ text, times }) => (times === 1 ? text : `${text} ×${String(times)}`))
  return cell([...shown, ...(entries.length > MAX_EXCHANGES ? ['…'] : [])].join(' ') || 'nothing')
}

/** A line of the hub's journal, as the suite attaches it. */
function exchangeOf(line: string): string | undefined {
  const [, type = '', json] = /^\d+ \S+ (packet|fault|request|link-closed) (\{.*\})$/.exec(line) ?? []
  if (json === undefined) return undefined
  const entry = JSON.parse(json) as Readonly<Record<string, unknown>> & {
    readonly packet?: { readonly returnCode?: number | null }
  }
  switch (type) {
    case 'packet': {
      const { returnCode } = entry.packet ?? {}
      const name = `${String(entry['cmd']).toUpperCase()}${typeof returnCode === 'number' && returnCode > 0 ? ` ${String(returnCode)}` : ''}`
      return entry['direction'] === 'in' ? `${name}→` : `←${name}`
    }
    case 'fault':
      return entry['phase'] === 'fired' ? `[${String(entry['name'])}]` : undefined
    case 'request':
      return `${String(entry['method'])}→ ←${String(entry['status'])}`
    default:
      return '(closed)'
  }
}

function unsupportedLines(results: readonly RequirementResult[]): readonly string[] {
  const reasons = new Map<string, string[]>()
  for (const result of results) {
    const reason = messageText(failing(result)?.message ?? '').replace(/^NotSupported: /, '')
    reasons.set(reason, [...(reasons.get(reason) ?? []), `${result.requirement}/${result.identity}`])
  }
  return [...reasons].map(([reason, ids]) => `- ${reason}: ${ids.join(', ')}`)
}

/** The table of all SDKs. */
export function tablePage(summaries: readonly Summary[]): string {
  const areas = [...new Set(summaries.flatMap((summary) => Object.keys(summary.areas)))].sort()
  const cellOf = ({ areas: of }: Summary, area: string): string => {
    const { PASS = 0, NOT_SUPPORTED = 0, ...others } = of[area] ?? {}
    const judged = PASS + Object.values(others).reduce((sum, count) => sum + count, 0)
    if (judged === 0) return NOT_SUPPORTED > 0 ? 'not supported' : ''
    return `${String(PASS)} of ${String(judged)}${NOT_SUPPORTED > 0 ? ` (${String(NOT_SUPPORTED)} not supported)` : ''}`
  }
  const known = new Set(summaries.flatMap((summary) => Object.keys(summary.profiles)))
  const profiles = Object.keys(PROFILES).flatMap((name) =>
    [name, `${name}/device`, `${name}/module`].filter((one) => known.has(one)),
  )
  const heads = summaries.map(({ client, page }) => `[${client}](${page})`).join(' | ')
  const rule = `| --- | ${summaries.map(() => '---').join(' | ')} |`
  return [
    '# Results of clients',
    '',
    'The certification runs write this page. It shows, by profile and area, how many of the requirements each client meets.',
    'The page of a client explains what it does not meet, and why.',
    '',
    '## Profiles',
    '',
    'A client meets a profile if it meets all its requirements; otherwise the table has the number that it meets. Profiles',
    'named `client-…` are language-neutral; what a client does not claim is left out of them and counted in brackets, but for',
    '`client-protocol`, which is asked of every client. `python-api-…` measures likeness to the documented Python API.',
    '',
    `| profile | ${heads} |`,
    rule,
    ...profiles.map(
      (profile) =>
        `| ${profile} | ${summaries.map((summary) => profileCell(summary, profile)).join(' | ')} |`,
    ),
    '',
    '## Areas',
    '',
    'By the documented Python API.',
    '',
    `| area | ${heads} |`,
    rule,
    ...areas.map((area) => `| ${area} | ${summaries.map((summary) => cellOf(summary, area)).join(' | ')} |`),
    '',
  ].join('\n')
}

function profileCell({ profiles }: Summary, name: string): string {
  const of = profiles[name]
  if (of === undefined) return ''
  const { requirements, against, notClaimed = 0 } = of
  const left = notClaimed === 0 ? '' : ` (${String(notClaimed)} not claimed)`
  return `${against === 0 ? '**met**' : `${String(requirements - against)} of ${String(requirements)}`}${left}`
}

/** The message without the assertion library's name for the error; of a diff, only the lines that differ. */
function messageText(message: string): string {
  const [first = '', ...rest] = message.replace(/^AssertionError \[ERR_ASSERTION\]: /, '').split('\n')
  if (!first.endsWith(':')) return first
  const lines = rest.map((line) => line.trim())
  // The runner appends the same diff again, in the other direction.
  const again = lines.indexOf('+ expected - actual')
  const differing = lines
    .slice(0, again < 0 ? undefined : again)
    .filter((line) => /^[+-] (?!actual)./.test(line))
  return `${first} ${differing.slice(0, MAX_DIFFERENCES).join(' ')}`
}

const cell = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replace(/localhost:\d+/g, 'localhost')
    .slice(0, 300)
