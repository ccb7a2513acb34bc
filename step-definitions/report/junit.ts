/** JUnit XML: one test case per requirement and class, so that CI shows the ids; a skipped one has its reason. */

import type { RequirementResult, Results } from '../conformance/results.ts'
import type { Verdict } from '../conformance/verdict.ts'
import { ladder } from './ladder.ts'
import { escapeMarkup } from './markup.ts'
import { decisiveOf, decisiveVerdict } from './sections.ts'

export function junit({ records, durationMs, judgedBy }: Results): string {
  const suites = [...grouped(records)].map(([area, rows]) => {
    const count = (...verdicts: string[]): string =>
      String(rows.filter((row) => verdicts.includes(shownVerdict(row, judgedBy))).length)
    return (
      `  <testsuite name="${escapeMarkup(area)}" tests="${String(rows.length)}" failures="${count('FAIL')}" ` +
      `errors="${count('ERROR', 'INCONCLUSIVE', 'NOT_RUN')}" skipped="${count('NOT_SUPPORTED')}">\n` +
      `${rows.map((row) => testCase(row, judgedBy)).join('')}  </testsuite>\n`
    )
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="IoT Hub conformance" time="${(durationMs / 1000).toFixed(3)}">\n${suites.join('')}</testsuites>\n`
}

function grouped(records: readonly RequirementResult[]): Map<string, RequirementResult[]> {
  const areas = new Map<string, RequirementResult[]>()
  for (const row of records) areas.set(row.area, [...(areas.get(row.area) ?? []), row])
  return areas
}

/** In the neutral reading, what only the documented Python API asks for is skipped. */
function shownVerdict(row: RequirementResult, judgedBy: Results['judgedBy']): Verdict {
  return judgedBy === 'neutral' ? (decisiveVerdict(row) ?? 'NOT_SUPPORTED') : row.verdict
}

function reasonOf(row: RequirementResult, judgedBy: Results['judgedBy']): { step: string; text: string } {
  if (judgedBy === 'neutral' && decisiveVerdict(row) === undefined) {
    const text = `only the documented Python API asks for it, where it is ${row.verdict}`
    return { step: '', text }
  }
  const { scenario, step = '', message = '', why } = decisiveOf(row, judgedBy) ?? {}
  const rungs = judgedBy === 'neutral' ? ladder(scenario?.evidence ?? []) : []
  return { step, text: [`${step}: ${message}`, ...(why === undefined ? [] : [why]), ...rungs].join('\n') }
}

function testCase(row: RequirementResult, judgedBy: Results['judgedBy']): string {
  const { requirement, identity, title, area, level, capability, scenarios } = row
  const seconds = scenarios.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000
  const verdict = shownVerdict(row, judgedBy)
  const { step, text } = reasonOf(row, judgedBy)
  const reason = escapeMarkup(text)
  const more: readonly (readonly [string, string | undefined])[] = [
    ['class', row.class],
    ['profile', row.profile],
    ['neutral', row.neutral],
    ['documented', row.class === undefined ? undefined : row.verdict],
  ]
  const body =
    verdict === 'PASS'
      ? ''
      : verdict === 'NOT_SUPPORTED'
        ? `      <skipped message="${reason}"/>\n`
        : verdict === 'WARN'
          ? `      <system-out>${reason}</system-out>\n`
          : verdict === 'FAIL'
            ? `      <failure type="FAIL" message="${escapeMarkup(step)}">${reason}</failure>\n`
            : `      <error type="${verdict}" message="${escapeMarkup(step)}">${reason}</error>\n`
  return (
    `    <testcase name="${escapeMarkup(`${requirement} ${title} [${identity}]`)}" classname="${escapeMarkup(area)}" time="${seconds.toFixed(3)}">\n` +
    `      <properties><property name="requirement" value="${requirement}"/><property name="level" value="${level}"/><property name="capability" value="${escapeMarkup(capability)}"/>${more.map(([name, value]) => (value === undefined ? '' : `<property name="${name}" value="${value}"/>`)).join('')}</properties>\n` +
    `${body}    </testcase>\n`
  )
}
