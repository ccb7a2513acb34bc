/** The files that a run leaves behind. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeMarkup } from '../../report/markup.ts'
import { STYLE } from '../../report/html-style.ts'
import { NUMBERS } from '../catalogue/numbers.ts'
import { PHASES, type DeviceRow } from '../catalogue/rows.ts'
import type { Recording } from '../recording/entries.ts'
import { recordingText } from '../recording/files.ts'
import { captureOf } from './capture.ts'
import { ladder } from './ladder.ts'
import type { DeviceResults, RowResult } from './results.ts'

export interface ReportInput {
  readonly results: DeviceResults
  readonly recording: Recording
  readonly rows: readonly DeviceRow[]
  readonly deviceFileText: string
  /** Undefined: the run certifies nothing. */
  readonly certificate?: object | undefined
  /** What the program that is the device has said; no evidence. */
  readonly log?: readonly string[]
}

export const RECORDING_FILE = 'journal.ndjson'
export const DEVICE_FILE = 'device.yaml'
const CAPTURE_FILE = 'run.pcapng'

export function writeDeviceReports(folder: string, input: ReportInput): void {
  mkdirSync(folder, { recursive: true })
  const { results, recording, deviceFileText, certificate, log = [] } = input
  const files: Readonly<Record<string, string>> = {
    [RECORDING_FILE]: recordingText(recording),
    [DEVICE_FILE]: deviceFileText,
    'results.json': `${JSON.stringify(results, undefined, 2)}\n`,
    'report.html': html(input),
    'junit.xml': junit(results),
    'summary.md': summary(results),
    'badge.json': `${JSON.stringify(badge(results))}\n`,
    ...(log.length === 0 ? {} : { 'device.log': `${log.join('\n')}\n` }),
    ...(certificate === undefined
      ? {}
      : { 'device-certificate.json': `${JSON.stringify(certificate, undefined, 2)}\n` }),
  }
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  writeFileSync(join(folder, CAPTURE_FILE), captureOf(recording))
}

const isFinding = ({ word }: RowResult): boolean => ['FAIL', 'WARN', 'INCONCLUSIVE', 'ERROR'].includes(word)

function wordsOf({ verdicts }: DeviceResults): string {
  return Object.entries(verdicts)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${String(count)} ${word}`)
    .join(', ')
}

function profilesOf({ profiles }: DeviceResults): string {
  return Object.entries(profiles)
    .map(([name, { met }]) => `${name} ${met ? 'met' : 'not met'}`)
    .join(', ')
}

export function summary(results: DeviceResults): string {
  const findings = results.rows.filter(isFinding)
  const rows = findings.map(
    ({ word, id, statement, why }) => `| ${word} | ${id} | ${cell(statement)} | ${cell(why)} |`,
  )
  return [
    `## Device ${String(results.subject['id'])}: ${results.exitCode === 0 ? 'no requirement is broken' : `exit code ${String(results.exitCode)}`}`,
    '',
    `${results.run} run, ${(results.seconds / 60).toFixed(1)} minutes: ${wordsOf(results)}. ${profilesOf(results)}.`,
    ...(rows.length === 0
      ? []
      : ['', '| verdict | row | statement | what was seen |', '|---|---|---|---|', ...rows]),
    '',
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 300)
}

export function badge({ exitCode, profiles, suite }: DeviceResults): object {
  const met = Object.keys(profiles).filter((name) => profiles[name]?.met === true)
  const best = met.includes('device-full')
    ? 'device-full'
    : met.includes('device-core')
      ? 'device-core'
      : met.join(' ')
  return {
    ...{ schemaVersion: 1, label: `IoT Hub device ${suite}` },
    message: exitCode === 0 ? best || 'passing' : 'not met',
    color: exitCode === 0 ? 'brightgreen' : 'red',
  }
}

export function junit({ rows, seconds }: DeviceResults): string {
  const suites = PHASES.map((phase) => {
    const own = rows.filter((row) => row.phase === phase)
    const count = (...words: readonly string[]): string =>
      String(own.filter(({ word }) => words.includes(word)).length)
    const cases = own.map(({ id, statement, word, why }) => {
      const name = `    <testcase classname="device.${phase}" name="${escapeMarkup(`${id} ${statement}`)}"`
      const text = escapeMarkup(why)
      if (word === 'FAIL') return `${name}><failure message="${text}"/></testcase>\n`
      if (word === 'ERROR' || word === 'INCONCLUSIVE')
        return `${name}><error message="${word}: ${text}"/></testcase>\n`
      if (word === 'NOT_OBSERVED' || word === 'NOT_RUN')
        return `${name}><skipped message="${word}: ${text}"/></testcase>\n`
      return word === 'WARN' ? `${name}><system-out>WARN: ${text}</system-out></testcase>\n` : `${name}/>\n`
    })
    return `  <testsuite name="${phase}" tests="${String(own.length)}" failures="${count('FAIL')}" errors="${count('ERROR', 'INCONCLUSIVE')}" skipped="${count('NOT_OBSERVED', 'NOT_RUN')}">\n${cases.join('')}  </testsuite>\n`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="IoT Hub device" time="${seconds.toFixed(3)}">\n${suites.join('')}</testsuites>\n`
}

export function html({ results, recording, rows }: ReportInput): string {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const findings = results.rows.filter(isFinding)
  const good = results.exitCode === 0
  const subject = Object.entries(results.subject)
    .filter(([name, value]) => name !== 'kind' && value !== undefined)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(', ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>IoT Hub device ${escapeMarkup(String(results.subject['id']))}</title>
<style>${STYLE}.NOT_OBSERVED{color:var(--none)}.cited{font-weight:600}.ladder .device{margin-right:25%}.ladder .hub{margin-left:25%}.bars i{display:inline-block;width:1.4rem;background:var(--pass);margin-right:2px;vertical-align:bottom}</style>
</head>
<body>
<header>
<h1>IoT Hub device certification</h1>
<div class="box ${good ? 'good' : 'bad'}">
<p class="verdict">${good ? 'No requirement is broken' : results.exitCode === 1 ? 'Requirements are broken' : 'No verdict'}</p>
<p>${escapeMarkup(subject)}</p>
<p>${escapeMarkup(results.run)} run of ${(results.seconds / 60).toFixed(1)} minutes, begun ${escapeMarkup(results.startedAt)}: ${escapeMarkup(wordsOf(results))}.</p>
<p>Profiles: ${escapeMarkup(profilesOf(results) || '–')}. Recoveries: ${String(results.recoveries)}, repetitions: ${String(results.repetitions)}, asked of people: ${String(results.interactions)}.</p>
</div>
</header>
<main>
<section><h2>By phase</h2>
<table class="areas"><thead><tr><th>Phase</th><th>Rows</th><th>Pass</th><th>Warn</th><th>Fail</th><th>Unclear</th><th>Not observed</th><th>Not run</th></tr></thead><tbody>${PHASES.map((phase) => phaseRow(phase, results)).join('')}</tbody></table></section>
${findings.length === 0 ? '' : `<section><h2>Findings</h2>${findings.map((finding) => findingBlock(finding, byId.get(finding.id), recording)).join('')}</section>`}
<section><h2>All rows</h2>${PHASES.map((phase) => phaseDetails(phase, results)).join('')}</section>
<section><h2>Numbers that are ours</h2><table><thead><tr><th>Number</th><th>Value</th><th>What it decides</th><th>From</th></tr></thead><tbody>${Object.entries(
    NUMBERS,
  )
    .map(
      ([name, { value, unit, about, from }]) =>
        `<tr><td><code>${name}</code></td><td>${String(results.changedNumbers[name] ?? value)} ${unit}${results.changedNumbers[name] === undefined ? '' : ' (changed)'}</td><td>${escapeMarkup(about)}</td><td>${escapeMarkup(from)}</td></tr>`,
    )
    .join('')}</tbody></table></section>
</main>
<footer>Suite ${escapeMarkup(results.suite)}, seed ${String(results.seed)}. Journal ${escapeMarkup(results.hashes.recording)}. Not a certificate of Microsoft.</footer>
</body>
</html>
`
}

function phaseRow(phase: string, { rows }: DeviceResults): string {
  const own = rows.filter((row) => row.phase === phase)
  const counts = [['PASS'], ['WARN'], ['FAIL'], ['INCONCLUSIVE', 'ERROR'], ['NOT_OBSERVED'], ['NOT_RUN']].map(
    (words) => own.filter(({ word }) => words.includes(word)).length,
  )
  return `<tr><td><a href="#${phase}">${phase}</a></td><td class="n">${String(own.length)}</td>${counts.map((count) => `<td class="n">${count === 0 ? '–' : String(count)}</td>`).join('')}</tr>`
}

function phaseDetails(phase: string, { rows }: DeviceResults): string {
  const own = rows.filter((row) => row.phase === phase)
  const lines = own.map(
    ({ id, level, statement, word, why }) =>
      `<tr><td><code>${id}</code></td><td>${level}</td><td>${escapeMarkup(statement)}</td><td>${escapeMarkup(why)}</td><td><span class="v ${word}">${word.toLowerCase().replace('_', ' ')}</span></td></tr>`,
  )
  return `<details id="${phase}"><summary>${phase} <small>${String(own.length)}</small></summary><table><thead><tr><th>Row</th><th>Level</th><th>Statement</th><th>What was seen</th><th>Verdict</th></tr></thead><tbody>${lines.join('')}</tbody></table></details>`
}

function findingBlock(
  { id, statement, word, why, cites, figures }: RowResult,
  row: DeviceRow | undefined,
  recording: Recording,
): string {
  const rungs = ladder(recording, cites)
  const pauses = [figures?.['pauses'], figures?.['pausesAgain']].filter((value): value is readonly number[] =>
    Array.isArray(value),
  )
  return `<article><h3><span class="v ${word}">${word.toLowerCase()}</span> <code>${id}</code> ${escapeMarkup(statement)} <small>${row?.level ?? ''}</small></h3>
<p class="step">${escapeMarkup(why)}</p>
<p>What is asked: ${escapeMarkup(row?.pass ?? '')}${row?.warn === undefined ? '' : `. A warning: ${escapeMarkup(row.warn)}`}.</p>
<p><small>${escapeMarkup(row?.source ?? '')}</small></p>
${pauses.map((series) => bars(series)).join('')}
${rungs.length === 0 ? '' : `<details open><summary>Evidence <small>${String(rungs.length)} lines</small></summary><div class="journal ladder">${rungs.map(({ at, side, text, cited }) => `<div class="${side === 'device' ? 'in' : side === 'hub' ? 'out' : 'note'}${cited ? ' cited' : ''}">${at} ${escapeMarkup(text)}</div>`).join('')}</div></details>`}</article>`
}

/** The pauses as a picture. */
function bars(pauses: readonly number[]): string {
  const largest = Math.max(...pauses, 0.001)
  return `<p class="bars">${pauses.map((pause) => `<i style="height:${((4 * pause) / largest).toFixed(2)}rem" title="${pause.toFixed(2)} s"></i>`).join('')} <small>${pauses.map((pause) => pause.toFixed(1)).join(', ')} s</small></p>`
}
