/** Checks the catalogue, the tags and the scenarios against each other. Each finding names the remedy. */

import type { Covered } from './coverage.ts'
import { isNeutral, type Requirement } from './requirement.ts'
import { ID_TAG, type Scenario } from './scenarios.ts'

/** All tags that are not the id of a requirement; beside them `@needs:CAPABILITY` and `@option:NAME` (world/claims.ts). */
const VOCABULARY: readonly string[] = [
  ...['@sut:client', '@sut:hub', '@identity:device', '@identity:module', '@wire', '@clock', '@construction'],
  ...[
    '@fault:tcp',
    '@fault:tls',
    '@fault:mqtt',
    '@fault:http',
    '@smoke',
    '@suite',
    '@trial',
    '@time',
    '@level:observed',
    '@python-api',
    '@transport:default',
    '@hub:alone',
    '@hub:rsa',
    '@hub:amqp',
    '@hub:events',
    '@hub:throttles',
  ],
]
const MAX_STEPS = 8
/** Scenarios about single packets need more steps. */
const MAX_WIRE_STEPS = 12
/** The most requirements without a test. */
const MAX_UNTESTABLE = 5

/** @returns a sentence for each finding. */
export function checkCatalogue(
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
    ...catalogue.flatMap((row) => unclassified(row)),
    ...covered.flatMap((row) => withoutScenario(row)),
    ...covered.flatMap(({ requirement: { id, applies, sut }, missing }) =>
      missing.length === 0
        ? []
        : [
            `${id}: has no scenario${sut === 'hub' ? ' or test' : ` for ${missing.join(' and ')}`}; tag one that proves it (it applies to ${applies.join(', ')})`,
          ],
    ),
    ...(untestable.length > MAX_UNTESTABLE
      ? [`${String(untestable.length)} requirements are untestable; the maximum is ${String(MAX_UNTESTABLE)}`]
      : []),
  ]
}

function findingsOf(scenario: Scenario, byId: ReadonlyMap<string, Requirement>): readonly string[] {
  const at = `${scenario.uri}:${String(scenario.line)} "${scenario.name}"`
  const findings: string[] = []
  if (scenario.requirements.length === 0 && !scenario.tags.includes('@suite'))
    findings.push(`${at}: proves no requirement; add the id of one as a tag of its Rule`)
  if (scenario.steps.length === 0) findings.push(`${at}: has no steps and would always pass; add steps`)
  const maximum = scenario.tags.includes('@wire') ? MAX_WIRE_STEPS : MAX_STEPS
  if (scenario.steps.length > maximum)
    findings.push(
      `${at}: has ${String(scenario.steps.length)} steps; the maximum is ${String(maximum)}; split it`,
    )
  for (const tag of scenario.tags) {
    const id = ID_TAG.exec(tag)?.[1]
    const requirement = id === undefined ? undefined : byId.get(id)
    if (id === undefined) {
      if (!VOCABULARY.includes(tag) && !/^@(needs|option):./.test(tag))
        findings.push(`${at}: the tag ${tag} is unknown; correct it or add it to check-catalogue.ts`)
    } else if (requirement === undefined) {
      findings.push(`${at}: the catalogue has no requirement ${id}; correct the tag or add the row`)
    } else if (requirement.testability !== 'testable') {
      findings.push(`${at}: ${id} is ${requirement.testability} but has a scenario; remove one of the two`)
    } else if (!scenario.tags.includes(`@sut:${requirement.sut}`)) {
      findings.push(
        `${at}: ${id} is about the ${requirement.sut}; its Feature needs the tag @sut:${requirement.sut}`,
      )
    }
  }
  return findings
}

/** A requirement of level `must` names a mutant that it detects, or the reason why there is none. */
function unproven(
  { id, level, testability, mutants = [], noMutant }: Requirement,
  known: readonly string[],
): readonly string[] {
  const unknown = mutants.filter((mutant) => !known.includes(mutant))
  if (unknown.length > 0)
    return [`${id}: the mutant ${unknown.join(', ')} does not exist; correct the id or add it`]
  if (mutants.length > 0 && noMutant !== undefined)
    return [`${id}: has both mutants and noMutant; remove one of the two`]
  if (level !== 'must' || testability !== 'testable' || mutants.length > 0 || noMutant !== undefined)
    return []
  return [
    `${id}: has no mutant; name one that it detects (npm run mutants:matrix), or the reason in noMutant`,
  ]
}

/** A requirement of clients has a class; a neutral one belongs to a profile, and only such a one has a neutral rule. */
function unclassified(row: Requirement): readonly string[] {
  const { id, sut, class: own, profile, rule, reading } = row
  if (sut === 'hub')
    return own === undefined && profile === undefined
      ? []
      : [`${id}: is about the hub and has a class or a profile of clients; remove it`]
  if (own === undefined) return [`${id}: has no class; add protocol, semantic or python-api`]
  if (isNeutral(row))
    return [
      ...(profile === undefined
        ? [`${id}: is ${own} and belongs to no profile; add one such as client-twin`]
        : []),
      ...(reading !== undefined && rule === undefined
        ? [`${id}: has the reading ${reading} and no rule; add the rule in words`]
        : []),
    ]
  return profile === undefined && rule === undefined && reading === undefined
    ? []
    : [`${id}: is python-api and has a profile, a rule or a reading; remove it or change its class`]
}

/** A requirement of level `must` is judged by a scenario at any hub, or says why it cannot be. */
function withoutScenario({ requirement, scenarios }: Covered): readonly string[] {
  const { id, sut, level, testability, noScenario } = requirement
  if (noScenario !== undefined && scenarios.length > 0)
    return [`${id}: has both a scenario and noScenario; remove one of the two`]
  if (sut !== 'hub' || level !== 'must' || testability !== 'testable') return []
  return scenarios.length > 0 || noScenario !== undefined
    ? []
    : [
        `${id}: has no scenario, only tests; tag one that proves it at any hub, or give the reason in noScenario`,
      ]
}

/** The runner accepts two scenarios with the same name, but their results cannot be distinguished. */
function sharedNames(scenarios: readonly Scenario[]): readonly string[] {
  const seen = new Map<string, Scenario>()
  const findings: string[] = []
  for (const scenario of scenarios) {
    if (scenario.outline) continue
    const name = `${scenario.uri} ${scenario.requirements.join(' ')} ${scenario.name}`
    const before = seen.get(name)
    if (before !== undefined)
      findings.push(
        `${scenario.uri}:${String(scenario.line)}: "${scenario.name}" is also the name at line ${String(before.line)}; rename one`,
      )
    seen.set(name, scenario)
  }
  return findings
}
