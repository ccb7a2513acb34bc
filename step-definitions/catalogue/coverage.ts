/** The coverage of each requirement by scenarios and tests, and the table of it. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Requirement, Subject } from './requirement.ts'
import type { Scenario } from './scenarios.ts'

/** Matches the ids of requirements in a text. */
export const IDS = /\b(?:BOTH|DEV|DPS|DUT|MOD|PROV|SRC|WIRE)(?:-[A-Z0-9]+)*-\d+[a-z]?\b/g

export interface Covered {
  readonly requirement: Requirement
  readonly scenarios: readonly Scenario[]
  /** The test files that contain its id. */
  readonly tests: readonly string[]
  /** The classes that it applies to and that have no scenario. */
  readonly missing: readonly Subject[]
}

/** The test files of these folders by the ids in them. */
export function idsInTests(folders: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const folder of folders) {
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.test.ts')) continue
      for (const id of new Set(readFileSync(join(folder, file), 'utf8').match(IDS)))
        found.set(id, [...(found.get(id) ?? []), `${folder}/${file}`])
    }
  }
  return found
}

export function coverage(
  catalogue: readonly Requirement[],
  scenarios: readonly Scenario[],
  tests: ReadonlyMap<string, readonly string[]>,
): readonly Covered[] {
  const byId = new Map<string, Scenario[]>()
  for (const scenario of scenarios)
    for (const id of scenario.requirements) byId.set(id, [...(byId.get(id) ?? []), scenario])
  return catalogue.map((requirement) => {
    const own = byId.get(requirement.id) ?? []
    const named = tests.get(requirement.id) ?? []
    return { requirement, scenarios: own, tests: named, missing: missingOf(requirement, own, named) }
  })
}

/** A requirement of the hub can be proven by a test; one of the client needs a scenario for each class. */
function missingOf(
  { sut, applies, testability }: Requirement,
  scenarios: readonly Scenario[],
  tests: readonly string[],
): readonly Subject[] {
  if (testability !== 'testable') return []
  if (sut === 'hub') return scenarios.length > 0 || tests.length > 0 ? [] : applies
  const covered = new Set(scenarios.flatMap(({ identity }) => identity ?? applies))
  return applies.filter((subject) => !covered.has(subject))
}

/** Counts by area: all rows, with a scenario, with tests only, untestable, without either. */
export function coverageTable(rows: readonly Covered[]): string {
  const areas = new Map<string, number[]>()
  const count = (area: string, row: Covered): void => {
    const counts = areas.get(area) ?? [0, 0, 0, 0, 0]
    const untestable = row.requirement.testability !== 'testable'
    const column = untestable ? 3 : row.missing.length > 0 ? 4 : row.scenarios.length > 0 ? 1 : 2
    areas.set(
      area,
      counts.map((value, index) => value + Number(index === 0 || index === column)),
    )
  }
  for (const row of rows) count(row.requirement.area, row)
  for (const row of rows) count('all', row)
  const lines = [...areas].map(([area, counts]) => [area, ...counts.map(String)])
  const table = [['area', 'rows', 'feature', 'test only', 'untestable', 'uncovered'], ...lines]
  return table
    .map(([area = '', ...cells]) => area.padEnd(26) + cells.map((cell) => cell.padStart(12)).join(''))
    .join('\n')
}
