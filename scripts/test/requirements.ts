/**
 * `npm run requirements [-- --missing]`: lists each requirement with its proof, by area. Exits with 1 if a requirement
 * has no proof, or if catalogue, tags and scenarios contradict each other.
 */

import { coverage, coverageTable, idsInTests } from '../../step-definitions/catalogue/coverage.ts'
import { checkCatalogue } from '../../step-definitions/catalogue/check-catalogue.ts'
import { loadCatalogue } from '../../step-definitions/catalogue/requirement.ts'
import { loadScenarios } from '../../step-definitions/catalogue/scenarios.ts'
import { checkDeviceRows } from '../../step-definitions/device/catalogue/proven.ts'
import { loadDeviceRows } from '../../step-definitions/device/catalogue/rows.ts'
import { PROVOCATIONS } from '../../step-definitions/device/conductor/phases/all.ts'
import { RULES } from '../../step-definitions/device/judge/rules/all.ts'
import { VARIANTS } from '../../step-definitions/device/testing/broken/all.ts'
import { MUTANTS } from '../mutants/all.ts'

const TESTED = ['mock-hub', 'reference-client', 'step-definitions']

const catalogue = loadCatalogue()
const scenarios = loadScenarios()
const proven = (level: string): string => {
  const rows = catalogue.filter((row) => row.level === level && row.testability === 'testable')
  const named = rows.filter(({ mutants = [] }) => mutants.length > 0)
  return `${String(named.length)} of ${String(rows.length)} of level ${level} are proven by a mutant`
}
const tests = idsInTests(TESTED)
const covered = coverage(catalogue, scenarios, tests)
process.stdout.write(`${coverageTable(covered)}\n`)
for (const { id, reason } of catalogue.filter(({ testability }) => testability !== 'testable'))
  process.stdout.write(`not testable: ${id}: ${reason ?? ''}\n`)
const deviceRows = loadDeviceRows('features/requirements/device')
const findings = [
  ...checkCatalogue(
    catalogue,
    scenarios,
    covered,
    MUTANTS.map(({ id }) => id),
  ),
  ...checkDeviceRows(deviceRows, {
    judged: RULES.map(({ id }) => id),
    provoked: PROVOCATIONS.flatMap(({ rows }) => rows),
    variants: VARIANTS.map(({ id }) => id),
    tested: [...tests.keys()],
  }),
]
process.stdout.write(
  `${String(deviceRows.length)} requirements of devices, ${String(deviceRows.filter(({ mutants = [] }) => mutants.length > 0).length)} of them name a broken device\n`,
)
for (const finding of findings) process.stdout.write(`FAIL ${finding}\n`)
process.stdout.write(`${proven('must')}; the others say why not\n`)
for (const level of ['must', 'observed']) {
  const rows = covered.filter(
    ({ requirement: row }) => row.sut === 'hub' && row.level === level && row.testability === 'testable',
  )
  const judged = rows.filter((row) => row.scenarios.length > 0)
  const reasons = rows.filter(({ requirement }) => requirement.noScenario !== undefined)
  process.stdout.write(
    `${String(judged.length)} of ${String(rows.length)} hub requirements of level ${level} have a scenario, ${String(reasons.length)} say why not\n`,
  )
}
process.stdout.write(
  `${String(catalogue.length)} requirements, ${String(scenarios.length)} scenarios, ${String(findings.length)} findings\n`,
)
process.exitCode = findings.length === 0 ? 0 : 1
