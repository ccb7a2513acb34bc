/** JUnit XML: a test case a requirement and class, so that CI shows requirement ids; why something was skipped is said. */

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
  const bad = scenarios.find((scenario) => scenario.verdict === verdict)
  const why = escapeMarkup(`${bad?.step ?? ''}: ${bad?.message ?? ''}`)
  const body =
    verdict === 'PASS'
      ? ''
      : verdict === 'NOT_SUPPORTED'
        ? `      <skipped message="${why}"/>\n`
        : verdict === 'WARN'
          ? `      <system-out>${why}</system-out>\n`
          : verdict === 'FAIL'
            ? `      <failure type="FAIL" message="${escapeMarkup(bad?.step ?? '')}">${why}</failure>\n`
            : `      <error type="${verdict}" message="${escapeMarkup(bad?.step ?? '')}">${why}</error>\n`
  return (
    `    <testcase name="${escapeMarkup(`${requirement} ${title} [${identity}]`)}" classname="${escapeMarkup(area)}" time="${seconds.toFixed(3)}">\n` +
    `      <properties><property name="requirement" value="${requirement}"/><property name="level" value="${level}"/><property name="capability" value="${escapeMarkup(capability)}"/></properties>\n` +
    `${body}    </testcase>\n`
  )
}
