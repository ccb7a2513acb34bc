/** `iot-hub-conformance list`: the requirements, and the scenarios that prove each. */

import { coverage } from '../catalogue/coverage.ts'
import { loadCatalogue } from '../catalogue/requirement.ts'
import { loadScenarios } from '../catalogue/scenarios.ts'
import { SUITE } from './suite.ts'
import { UsageError } from './usage-error.ts'

export function list({ json, area }: { json: boolean; area?: string }, say: (line: string) => void): void {
  const catalogue = loadCatalogue(SUITE.catalogue)
  const areas = new Set(catalogue.map((row) => row.area))
  if (area !== undefined && !areas.has(area))
    throw new UsageError(`--area: must be one of ${[...areas].join(', ')}, got ${area}`)
  const rows = coverage(
    catalogue.filter((row) => area === undefined || row.area === area),
    loadScenarios(SUITE.features),
    new Map(),
  )
  if (json) {
    const plain = rows.map(({ requirement, scenarios }) => ({
      ...requirement,
      scenarios: scenarios.map(({ key }) => key),
    }))
    say(JSON.stringify(plain, undefined, 2))
    return
  }
  for (const {
    requirement: { id, level, applies, title },
    scenarios,
  } of rows)
    say(
      `${id.padEnd(18)} ${level.padEnd(9)} ${applies.join('+').padEnd(14)} ${String(scenarios.length).padStart(3)}  ${title}`,
    )
}
