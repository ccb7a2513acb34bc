/** The pages of a certification: one for each SDK, with what it did where it does not pass, and one table over all. */

import { profileResults } from '../../step-definitions/conformance/profiles.ts'
import type { RequirementResult, ScenarioResult } from '../../step-definitions/conformance/results.ts'
import type { Comparison, Explained } from './explanations.ts'

const MOST_RUNGS = 14
const MOST_DIFFERENCES = 6

/** Results of one SDK by area, for the table over all. */
export interface Summary {
  readonly client: string
  readonly page: string
  /** Requirements by verdict, of each area. */
  readonly areas: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** By name: how many requirements it asks for, and how many stand against it. */
  readonly profiles: Readonly<Record<string, { readonly requirements: number; readonly against: number }>>
}

export function summaryOf(client: string, page: string, records: readonly RequirementResult[]): Summary {
  const areas: Record<string, Record<string, number>> = {}
  for (const { area, verdict } of records) {
    const counts = (areas[area] ??= {})
    counts[verdict] = (counts[verdict] ?? 0) + 1
  }
  const profiles = Object.fromEntries(
    Object.entries(profileResults(records)).map(([name, { requirements, against }]) => [
      name,
      { requirements, against: against.length },
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
  return [
    `# ${client}`,
    '',
    'Written by the certification run; explanations stand in the file beside it and fail the run when they are stale.',
    '',
    `${String(records.length)} requirements (each for each class it applies to): ${String(count('PASS'))} passed, ` +
      `${String(count('FAIL'))} failed, ${String(count('WARN'))} warnings, ${String(count('INCONCLUSIVE'))} inconclusive, ` +
      `${String(count('ERROR'))} errors, ${String(unsupported.length)} not supported.`,
    ...explained.flatMap(section),
    ...(unsupported.length === 0 ? [] : ['', '## Not supported', '', ...unsupportedLines(unsupported)]),
    '',
  ].join('\n')
}

function section({ explanation: { what, why, evidence, verdict }, results }: Explained): readonly string[] {
  return [
    ...['', `## ${what}`, '', `${verdict}. ${why.trim()}`, ''],
    ...evidence.map((where) => `- ${where}`),
    ...['', '| requirement | class | what it did | on the wire |', '| --- | --- | --- | --- |'],
    ...results.map((result) => {
      const { step = '', message = '' } = failing(result) ?? {}
      return `| ${result.requirement}: ${cell(result.title)} | ${result.identity} | ${cell(step.replace(/:$/, ''))}: ${cell(saidIn(message))} | ${ladder(result)} |`
    }),
  ]
}

function failing(result: RequirementResult): ScenarioResult | undefined {
  return result.scenarios.find(({ verdict }) => verdict === result.verdict)
}

/** What passed between client and hub, oldest first: `CONNECT→ ←CONNACK`, faults by name; repeats are counted. */
function ladder(result: RequirementResult): string {
  const rungs: { readonly text: string; times: number }[] = []
  for (const line of failing(result)?.evidence ?? []) {
    const text = rungOf(line)
    const last = rungs.at(-1)
    if (text === undefined) continue
    if (last?.text === text) last.times++
    else rungs.push({ text, times: 1 })
  }
  const shown = rungs
    .slice(0, MOST_RUNGS)
    .map(({ text, times }) => (times === 1 ? text : `${text} ×${String(times)}`))
  return cell([...shown, ...(rungs.length > MOST_RUNGS ? ['…'] : [])].join(' ') || 'nothing')
}

/** A line of the hub's journal, as the suite attaches it. */
function rungOf(line: string): string | undefined {
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
    const reason = saidIn(failing(result)?.message ?? '').replace(/^NotSupported: /, '')
    reasons.set(reason, [...(reasons.get(reason) ?? []), `${result.requirement}/${result.identity}`])
  }
  return [...reasons].map(([reason, ids]) => `- ${reason}: ${ids.join(', ')}`)
}

/** The table over all SDKs. */
export function tablePage(summaries: readonly Summary[]): string {
  const areas = [...new Set(summaries.flatMap((summary) => Object.keys(summary.areas)))].sort()
  const cellOf = ({ areas: of }: Summary, area: string): string => {
    const { PASS = 0, NOT_SUPPORTED = 0, ...others } = of[area] ?? {}
    const judged = PASS + Object.values(others).reduce((sum, count) => sum + count, 0)
    if (judged === 0) return NOT_SUPPORTED > 0 ? 'not supported' : ''
    return `${String(PASS)} of ${String(judged)}${NOT_SUPPORTED > 0 ? ` (${String(NOT_SUPPORTED)} not supported)` : ''}`
  }
  const profiles = [...new Set(summaries.flatMap((summary) => Object.keys(summary.profiles)))]
  const heads = summaries.map(({ client, page }) => `[${client}](${page})`).join(' | ')
  const rule = `| --- | ${summaries.map(() => '---').join(' | ')} |`
  return [
    '# Clients, by what is documented',
    '',
    'Written by the certification runs: how many of the requirements that apply to a client it meets, by area. The pages',
    'say what each did where it does not, and why.',
    '',
    '## Profiles',
    '',
    'A profile is met when all that belongs to it is; else it says how many of its requirements are.',
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
    `| area | ${heads} |`,
    rule,
    ...areas.map((area) => `| ${area} | ${summaries.map((summary) => cellOf(summary, area)).join(' | ')} |`),
    '',
  ].join('\n')
}

function profileCell({ profiles }: Summary, name: string): string {
  const of = profiles[name]
  if (of === undefined) return ''
  const { requirements, against } = of
  return against === 0 ? '**met**' : `${String(requirements - against)} of ${String(requirements)}`
}

/** Without the name that the assertion library gives its errors; of a difference, what differs. */
function saidIn(message: string): string {
  const [first = '', ...rest] = message.replace(/^AssertionError \[ERR_ASSERTION\]: /, '').split('\n')
  if (!first.endsWith(':')) return first
  const lines = rest.map((line) => line.trim())
  // The runner adds the same difference once more, turned round.
  const again = lines.indexOf('+ expected - actual')
  const differing = lines
    .slice(0, again < 0 ? undefined : again)
    .filter((line) => /^[+-] (?!actual)./.test(line))
  return `${first} ${differing.slice(0, MOST_DIFFERENCES).join(' ')}`
}

const cell = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replace(/localhost:\d+/g, 'localhost')
    .slice(0, 300)
