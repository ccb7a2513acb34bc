/** JUnit XML: one test case per requirement and class, so that CI shows the ids; a skipped one has its reason. */

import type { RequirementResult, Results } from '../conformance/results.ts'
import { escapeMarkup } from './markup.ts'

export function junit({ records, durationMs }: Results): string {
  const suites = [...grouped(records)].map(([area, rows]) => {
    const count = (...verdicts: string[]): string =>
      String(rows.filter(({ verdict }) => verdicts.includes(verdict)).length)
    return (
      `  <testsuite name="${escapeMarkup(area)}" tests="${String(rows.length)}" failures="${count('FAIL')}" ` +
      `errors="${count('ERROR', 'INCONCLUSIVE', 'NOT_RUN')}" skipped="${count('NOT_SUPPORTED')}">\n` +
      `${rows.map((row) => testCase(row)).join('')}  </testsuite>\n`
    )
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="IoT Hub conformance" time="${(durationMs / 1000).toFixed(3)}">\n${suites.join('')}</testsuites>\n`
}

function grouped(records: readonly RequirementResult[]): Map<string, RequirementResult[]> {
  const areas = new Map<string, RequirementResult[]>()
  for (const row of records) areas.set(row.area, [...(areas.get(row.area) ?? []), row])
  return areas
}

function testCase({
  requirement,
  identity,
  title,
  area,
  level,
  capability,
  verdict,
  scenarios,
}: RequirementResult): string {
  const seconds = scenarios.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000
  const decisive = scenarios.find((scenario) => scenario.verdict === verdict)
  const reason = escapeMarkup(`${decisive?.step ?? ''}: ${decisive?.message ?? ''}`)
  const body =
    verdict === 'PASS'
      ? ''
      : verdict === 'NOT_SUPPORTED'
        ? `      <skipped message="${reason}"/>\n`
        : verdict === 'WARN'
          ? `      <system-out>${reason}</system-out>\n`
          : verdict === 'FAIL'
            ? `      <failure type="FAIL" message="${escapeMarkup(decisive?.step ?? '')}">${reason}</failure>\n`
            : `      <error type="${verdict}" message="${escapeMarkup(decisive?.step ?? '')}">${reason}</error>\n`
  return (
    `    <testcase name="${escapeMarkup(`${requirement} ${title} [${identity}]`)}" classname="${escapeMarkup(area)}" time="${seconds.toFixed(3)}">\n` +
    `      <properties><property name="requirement" value="${requirement}"/><property name="level" value="${level}"/><property name="capability" value="${escapeMarkup(capability)}"/></properties>\n` +
    `${body}    </testcase>\n`
  )
}
