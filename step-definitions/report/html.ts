/** The HTML report: the verdict, the areas, all requirements, and the journal of the hub for each failure. */

import { gradesText } from '../catalogue/grades.ts'
import type { Requirement } from '../catalogue/requirement.ts'
import type { RequirementResult, Results, ScenarioResult } from '../conformance/results.ts'
import { profileText } from './certificate.ts'
import { STYLE } from './html-style.ts'
import { ladder } from './ladder.ts'
import { escapeMarkup } from './markup.ts'
import { decisiveOf, decisiveVerdict, sectionsOf } from './sections.ts'
import { requirementTotals } from './totals.ts'

/** The report shows the last lines of the journal. */
const MAX_LINES = 200

export function html(results: Results, catalogue: readonly Requirement[]): string {
  const areas = new Map<string, RequirementResult[]>()
  for (const record of results.records) areas.set(record.area, [...(areas.get(record.area) ?? []), record])
  const { faults, warnings, idioms, notClaimed } = sectionsOf(results.records)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>IoT Hub conformance</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>IoT Hub conformance</h1>
${box(results)}
</header>
<main>
${section('Faults', faults)}${section('Warnings', warnings)}
${section('As the Python API documents it, and no fault in another language', idioms, 'documented')}
${left(notClaimed)}
<section>
<h2>By area</h2>
<table class="areas"><thead><tr><th>Area</th><th>Requirements</th><th>Pass</th><th>Warn</th><th>Fail</th><th>Unclear</th><th>Not supported</th><th></th></tr></thead>
<tbody>${[...areas].map(([area, records]) => areaRow(area, records)).join('')}</tbody></table>
</section>
<section>
<h2>All requirements</h2>
${[...areas].map(([area, records]) => areaDetails(area, records)).join('')}
${withoutScenario(results, catalogue)}
</section>
</main>
<footer>Suite ${escapeMarkup(results.suite)}, order ${escapeMarkup(results.order)}, ${(results.durationMs / 1000).toFixed(1)} s. Not an endorsement by Microsoft or any vendor of hubs.</footer>
</body>
</html>
`
}

function box(results: Results): string {
  const totals = requirementTotals(results)
  const good = results.exitCode === 0
  const subject = Object.entries(results.subject)
    .filter(([, value]) => typeof value === 'string')
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(', ')
  const share = totals.applicable === 0 ? 0 : (100 * totals.pass) / totals.applicable
  return `<div class="box ${good ? 'good' : 'bad'}">
<p class="verdict">${good ? 'Conformant' : 'Not conformant'}</p>
<p>${escapeMarkup(subject)}, over ${escapeMarkup(results.parameters['transport'] ?? 'mqtt')}</p>
${profileTable(results)}
<p>Judged ${results.judgedBy === 'neutral' ? 'for a client in any language' : 'as documented'}: <strong>${String(totals.pass)}</strong> of <strong>${String(totals.applicable)}</strong> applicable requirements pass (${share.toFixed(1)} %),
${String(totals.warn)} warn, ${String(totals.fail)} fail, ${String(totals.unclear)} unclear, ${String(totals.notSupported)} not supported.
${String(results.ran)} of ${String(results.planned)} planned scenarios ran.</p>
<p>How the statements judged are known: ${gradesText(results.requirements.grades)}.</p>
${results.stale.map((sentence) => `<p class="stale">Stale: ${escapeMarkup(sentence)}</p>`).join('')}
</div>`
}

/** Language-neutral profiles come first. */
function profileTable({ profiles }: Results): string {
  const rows = Object.entries(profiles).map(
    ([name, result]) =>
      `<tr><td>${escapeMarkup(name)}</td><td><span class="v ${result.met ? 'PASS' : 'FAIL'}">${escapeMarkup(profileText(result))}</span></td></tr>`,
  )
  return rows.length === 0
    ? ''
    : `<details open><summary>Profiles</summary><table><tbody>${rows.join('')}</tbody></table></details>`
}

function section(
  title: string,
  records: readonly RequirementResult[],
  reading: 'neutral' | 'documented' = 'neutral',
): string {
  if (records.length === 0) return ''
  return `<section><h2>${title} <small>${String(records.length)}</small></h2>${records.map((record) => failure(record, reading)).join('')}</section>`
}

/** What the client does not claim, by the reason. */
function left(records: readonly RequirementResult[]): string {
  if (records.length === 0) return ''
  const rows = records.map(
    (record) =>
      `<tr><td><code>${record.requirement}</code></td><td>${record.identity}</td><td>${escapeMarkup(record.title)}</td><td>${escapeMarkup((decisiveOf(record)?.message ?? '').split('\n', 1)[0] ?? '')}</td></tr>`,
  )
  return `<details><summary>Not claimed <small>${String(records.length)}</small></summary><table><tbody>${rows.join('')}</tbody></table></details>`
}

function areaRow(area: string, records: readonly RequirementResult[]): string {
  const totals = requirementTotals({ records })
  const { pass, warn, fail, unclear, notSupported } = totals
  const bar = [
    ['pass', pass],
    ['warn', warn],
    ['fail', fail + unclear],
    ['none', notSupported],
  ] as const
  const cells = [records.length, pass, warn, fail, unclear, notSupported]
  return `<tr><td><a href="#${area}">${escapeMarkup(titleOf(area))}</a></td>${cells.map((count) => `<td class="n">${count === 0 ? '–' : String(count)}</td>`).join('')}<td><span class="bar">${bar
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `<i class="${name}" style="flex:${String(count)}"></i>`)
    .join('')}</span></td></tr>`
}

function areaDetails(area: string, records: readonly RequirementResult[]): string {
  const rows = records.map(
    ({ requirement, identity, title, level, grade, verdict, scenarios, known }) =>
      `<tr><td><code>${requirement}</code></td><td>${identity}</td><td>${level}</td><td>${grade ?? ''}</td><td>${escapeMarkup(title)}${known === undefined ? '' : ` <em>known: ${escapeMarkup(known)}</em>`}</td><td class="n">${String(scenarios.length)}</td><td><span class="v ${verdict}">${words(verdict)}</span></td></tr>`,
  )
  const good = records.every(({ verdict }) => verdict === 'PASS' || verdict === 'NOT_SUPPORTED')
  return `<details id="${area}"${good ? '' : ' open'}><summary>${escapeMarkup(titleOf(area))} <small>${String(records.length)}</small></summary>
<table><thead><tr><th>Requirement</th><th>Class</th><th>Level</th><th>Known as</th><th>Statement</th><th>Scenarios</th><th>Verdict</th></tr></thead><tbody>${rows.join('')}</tbody></table></details>`
}

function withoutScenario({ records }: Results, catalogue: readonly Requirement[]): string {
  const shown = new Set(records.map(({ requirement }) => requirement))
  const rest = catalogue.filter(({ id }) => !shown.has(id))
  if (rest.length === 0) return ''
  const rows = rest.map(
    ({ id, title, testability, reason }) =>
      `<tr><td><code>${id}</code></td><td>${escapeMarkup(title)}</td><td>${escapeMarkup(reason ?? (testability === 'testable' ? 'not part of this run' : testability))}</td></tr>`,
  )
  return `<details><summary>Not tested in this run <small>${String(rest.length)}</small></summary><table><thead><tr><th>Requirement</th><th>Statement</th><th>Reason</th></tr></thead><tbody>${rows.join('')}</tbody></table></details>`
}

function failure(record: RequirementResult, reading: 'neutral' | 'documented'): string {
  const { requirement, identity, title, level, grade, profile, rule, scenarios } = record
  const verdict = (reading === 'neutral' ? decisiveVerdict(record) : record.verdict) ?? record.verdict
  const about = [identity, level, grade, profile].filter((word) => word !== undefined).join(', ')
  return `<article><h3><span class="v ${verdict}">${words(verdict)}</span> <code>${requirement}</code> ${escapeMarkup(title)} <small>${about}</small></h3>
${rule === undefined || reading === 'documented' ? '' : `<p>In any language: ${escapeMarkup(rule)}.</p>`}
${scenarios
  .filter((scenario) => verdictOf(scenario, reading) !== 'PASS')
  .map((scenario) => scenarioBlock(scenario, reading))
  .join('')}</article>`
}

function verdictOf({ verdict, neutral }: ScenarioResult, reading: 'neutral' | 'documented'): string {
  return reading === 'neutral' ? (neutral?.verdict ?? verdict) : verdict
}

function scenarioBlock(scenario: ScenarioResult, reading: 'neutral' | 'documented'): string {
  const { name, at, neutral, evidence = [] } = scenario
  const step = (reading === 'neutral' ? neutral?.step : undefined) ?? scenario.step
  const message = (reading === 'neutral' ? neutral?.message : undefined) ?? scenario.message
  const lines = evidence.slice(-MAX_LINES)
  const rungs = reading === 'neutral' ? ladder(evidence) : []
  return `<div class="scenario"><p>${escapeMarkup(name)} <small>${escapeMarkup(at)}</small></p>
<p class="step">${escapeMarkup(step ?? 'did not run')}</p>
<pre class="message">${escapeMarkup([message ?? '', neutral?.why ?? ''].join('\n').trim())}</pre>
${rungs.length === 0 ? '' : `<pre class="ladder">${escapeMarkup(rungs.join('\n'))}</pre>`}
${lines.length === 0 ? '' : `<details><summary>Journal of the hub <small>${String(lines.length)} lines</small></summary><div class="journal">${lines.map((line) => journalLine(line)).join('')}</div></details>`}</div>`
}

/** A line of the journal; packets of the client are on the left, packets of the hub on the right. */
function journalLine(line: string): string {
  const direction = line.includes('"direction":"in"')
    ? 'in'
    : line.includes('"direction":"out"')
      ? 'out'
      : 'note'
  return `<div class="${direction}">${escapeMarkup(line)}</div>`
}

function titleOf(area: string): string {
  const [side, ...rest] = area.split('-')
  return `${side === 'hub' ? 'Hub' : 'Client'}: ${rest.join(' ')}`
}

function words(verdict: string): string {
  return verdict.toLowerCase().replace('_', ' ')
}
