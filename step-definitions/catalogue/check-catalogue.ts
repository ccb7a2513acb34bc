/** Catalogue, tags and scenarios held against each other, in both directions. Each finding says what to do. */

import type { Covered } from './coverage.ts'
import type { Requirement } from './requirement.ts'
import { ID_TAG, type Scenario } from './scenarios.ts'

/** Every tag that is not a requirement's. */
const VOCABULARY: readonly string[] = [
  ...['@sut:client', '@sut:hub', '@identity:device', '@identity:module', '@wire', '@clock', '@construction'],
  ...[
    '@fault:tcp',
    '@fault:tls',
    '@fault:mqtt',
    '@fault:http',
    '@smoke',
    '@suite',
    '@time',
    '@level:observed',
    '@transport:default',
    '@hub:alone',
  ],
]
const MOST_STEPS = 8
/** Packet by packet there is more to say. */
const MOST_WIRE_STEPS = 12
/** Requirements that may be left to a reason instead of a test. */
const MOST_UNTESTABLE = 5

/** @returns findings, each one sentence; none: all is well. */
export function gate(
  catalogue: readonly Requirement[],
  scenarios: readonly Scenario[],
  covered: readonly Covered[],
  mutants: readonly string[],
): readonly string[] {
  const byId = new Map(catalogue.map((row) => [row.id, row]))
  const untestable = catalogue.filter(({ testability }) => testability === 'untestable')
  return [
    ...scenarios.flatMap((scenario) => findingsOf(scenario, byId)),
    ...sharedNames(scenarios),
    ...catalogue.flatMap((row) => unproven(row, mutants)),
    ...covered.flatMap(({ requirement: { id, applies, sut }, missing }) =>
      missing.length === 0
        ? []
        : [
            `${id}: no scenario${sut === 'hub' ? ' or test' : ` for ${missing.join(' and ')}`}; tag one that proves it (it applies to ${applies.join(', ')})`,
          ],
    ),
    ...(untestable.length > MOST_UNTESTABLE
      ? [
          `${String(untestable.length)} requirements are untestable, at most ${String(MOST_UNTESTABLE)} may be`,
        ]
      : []),
  ]
}

function findingsOf(scenario: Scenario, byId: ReadonlyMap<string, Requirement>): readonly string[] {
  const at = `${scenario.uri}:${String(scenario.line)} "${scenario.name}"`
  const findings: string[] = []
  if (scenario.requirements.length === 0 && !scenario.tags.includes('@suite'))
    findings.push(`${at}: proves no requirement; tag its Rule with one`)
  if (scenario.steps.length === 0) findings.push(`${at}: has no steps; a scenario without steps passes`)
  const most = scenario.tags.includes('@wire') ? MOST_WIRE_STEPS : MOST_STEPS
  if (scenario.steps.length > most)
    findings.push(`${at}: has ${String(scenario.steps.length)} steps, at most ${String(most)}; split it`)
  for (const tag of scenario.tags) {
    const id = ID_TAG.exec(tag)?.[1]
    const requirement = id === undefined ? undefined : byId.get(id)
    if (id === undefined) {
      if (!VOCABULARY.includes(tag)) findings.push(`${at}: the tag ${tag} is not of the vocabulary`)
    } else if (requirement === undefined) {
      findings.push(`${at}: the catalogue has no requirement ${id}; correct the tag or add the row`)
    } else if (requirement.testability !== 'testable') {
      findings.push(`${at}: ${id} is ${requirement.testability}; a scenario that proves it contradicts that`)
    } else if (!scenario.tags.includes(`@sut:${requirement.sut}`)) {
      findings.push(
        `${at}: ${id} is about the ${requirement.sut}; its Feature must say @sut:${requirement.sut}`,
      )
    }
  }
  return findings
}

/** What must be met is proven by a mutant that it notices, or says why there is none. */
function unproven(
  { id, level, testability, mutants = [], noMutant }: Requirement,
  known: readonly string[],
): readonly string[] {
  const strange = mutants.filter((mutant) => !known.includes(mutant))
  if (strange.length > 0)
    return [`${id}: there is no mutant ${strange.join(', ')}; correct the id or make it`]
  if (mutants.length > 0 && noMutant !== undefined)
    return [`${id}: names mutants and says why there are none; take one of the two away`]
  if (level !== 'must' || testability !== 'testable' || mutants.length > 0 || noMutant !== undefined)
    return []
  return [
    `${id}: no mutant proves it; name one that it notices (npm run mutants:matrix), or say why in noMutant`,
  ]
}

/** The runner takes two scenarios of one name without a word, and nobody could tell their results apart. */
function sharedNames(scenarios: readonly Scenario[]): readonly string[] {
  const seen = new Map<string, Scenario>()
  const findings: string[] = []
  for (const scenario of scenarios) {
    if (scenario.outline) continue
    const name = `${scenario.uri} ${scenario.requirements.join(' ')} ${scenario.name}`
    const before = seen.get(name)
    if (before !== undefined)
      findings.push(
        `${scenario.uri}:${String(scenario.line)}: "${scenario.name}" stands at line ${String(before.line)} already; rename one`,
      )
    seen.set(name, scenario)
  }
  return findings
}
