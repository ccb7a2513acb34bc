/** `iot-hub-conformance run` and `certify`: select scenarios, run them, write reports. */

import { mkdirSync } from 'node:fs'
import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parse } from '@cucumber/tag-expressions'
import { gradesText } from '../catalogue/grades.ts'
import { loadCatalogue, type Requirement } from '../catalogue/requirement.ts'
import { loadScenarios, placeOf, type Scenario } from '../catalogue/scenarios.ts'
import { implementationUnderTest } from '../driver/client-under-test.ts'
import { systemTime } from '../driver/clock.ts'
import { annotations } from '../report/annotations.ts'
import { writeReports } from '../report/reports.ts'
import type { HubLocation } from '../raw-clients/remote-hub.ts'
import { connectionStringParts } from '../raw-clients/hub-under-test.ts'
import { EXIT } from './exit-code.ts'
import { type HubFlags, hubOf, textOf } from './hub-location.ts'
import { parseKnownFailures } from './known-failing.ts'
import { currentName, PROFILES, requirementsOf } from './profiles.ts'
import { type Results, resultsOf } from './results.ts'
import { type Outcome, runScenarios } from './run.ts'
import { PYTHON_API } from '../neutral/reading.ts'
import { SUITE } from './suite.ts'
import { UsageError } from './usage-error.ts'
import { RESTARTS } from '../world/hub/restarts.ts'
import { CRASH, isRunStopped, stopRun } from './stop.ts'
import { levelsOf, type Verdict, verdictOf } from './verdict.ts'

/** More processes than this spend longer on loading the steps than they save. */
const MOST_WORKERS = 4
/** A process that runs fewer scenarios than this loads the steps in vain. */
const SCENARIOS_A_WORKER = 100

export interface SuiteFlags extends HubFlags {
  readonly mode: 'run' | 'certify'
  readonly address: string
  readonly reports: string
  readonly knownFailing?: string
  readonly order: string
  readonly transport: string
  readonly tags?: string
  readonly requirement?: readonly string[]
  readonly profile?: string
  readonly json: boolean
  readonly untilFailure?: boolean
  readonly workers?: string
  readonly features?: readonly string[]
  readonly scenarios?: string
  readonly trials: string
  readonly trialSeed: string
  readonly trialPath?: string
}

/** @returns the exit code. @throws UsageError. */
export async function runSuite(given: SuiteFlags, say: (line: string) => void): Promise<number> {
  const flags = withCurrentProfile(given, say)
  const catalogue = loadCatalogue(SUITE.catalogue)
  const selected = tagsOf(flags.hub === undefined ? flags : { ...flags, sut: 'hub' }, catalogue)
  const tags =
    flags.trials === '0'
      ? [...(selected === undefined ? [] : [selected]), 'not @trial'].join(' and ')
      : selected
  const order = orderOf(flags.order)
  const parameters = {
    transport: oneOf('--transport', flags.transport, ['mqtt', 'mqtt-ws']),
    address: addressOf(flags.address),
    ...trialsOf(flags),
  }
  const known =
    flags.knownFailing === undefined
      ? []
      : parseKnownFailures(textOf('--known-failing', flags.knownFailing), flags.knownFailing)
  if (flags.mode === 'certify' && known.length > 0)
    throw new UsageError('--known-failing: cannot be combined with certify, a certificate has no exceptions')
  const hub = hubOf(flags)
  if (hub !== undefined) process.env['CONFORMANCE_HUB'] = JSON.stringify(hub)
  if (flags.driver !== undefined) process.env['CONFORMANCE_DRIVER'] = JSON.stringify(commandOf(flags.driver))

  mkdirSync(flags.reports, { recursive: true })
  const { plan, paths } = selectionOf(flags, planned(tags))
  if (plan.length === 0) {
    say('no scenario matches the selection')
    return EXIT.tooLittle
  }
  const startedMs = systemTime.now()
  const levels = new Map(catalogue.map((row) => [row.id, row.level]))
  const outcomes = await runScenarios(
    {
      ...{ tags, order, messages: join(flags.reports, 'messages.ndjson'), parameters },
      workers: workersOf(flags, plan.length),
      ...(paths === undefined ? {} : { paths }),
    },
    (outcome) => {
      const verdict = print(outcome, levels, say)
      if (flags.untilFailure === true && verdict === 'FAIL' && !CRASH.test(outcome.message ?? '')) stopRun()
    },
  )
  const results = resultsOf({
    suite: SUITE.version,
    subject: subjectOf(flags, hub),
    mode: flags.mode,
    ...{ order, parameters, catalogue, plan, outcomes, known },
    profile:
      flags.profile ??
      ([flags.tags, flags.requirement, flags.features, flags.scenarios].every(
        (selection) => selection === undefined,
      )
        ? 'all'
        : undefined),
    durationMs: Math.round(systemTime.now() - startedMs),
    today: new Date(startedMs).toISOString().slice(0, 10),
  })
  writeReports(results, catalogue, flags.reports)
  summarise(results, flags, outcomes, say)
  if (process.env['GITHUB_ACTIONS'] === 'true') for (const line of annotations(results)) say(line)
  return results.exitCode
}

/** The scenarios to run, read from the features: the runner must not skip one. @throws UsageError for the expression. */
function planned(tags: string | undefined): readonly Scenario[] {
  const scenarios = loadScenarios(SUITE.features)
  if (tags === undefined) return scenarios
  try {
    const wanted = parse(tags)
    return scenarios.filter((scenario) => wanted.evaluate([...scenario.tags]))
  } catch (error) {
    throw new UsageError(`--tags: ${error instanceof Error ? error.message : String(error)}, got ${tags}`)
  }
}

/** The scenarios to run, and their paths for the runner; undefined: all of them. @throws UsageError. */
function selectionOf(
  { features, scenarios: list }: SuiteFlags,
  all: readonly Scenario[],
): { readonly plan: readonly Scenario[]; readonly paths: readonly string[] | undefined } {
  if (list !== undefined) {
    const places = textOf('--scenarios', list)
      .split('\n')
      .filter((line) => line !== '')
    const wanted = new Set(places)
    return {
      plan: all.filter((scenario) => wanted.has(placeOf(scenario))),
      paths: places.map((place) => join(SUITE.root, place)),
    }
  }
  if (features === undefined) return { plan: all, paths: undefined }
  const plan = all.filter(({ uri }) => features.some((part) => uri.includes(part)))
  return { plan, paths: [...new Set(plan.map(({ uri }) => join(SUITE.root, uri)))] }
}

function print(
  { scenario, ending, step, message }: Outcome,
  levels: ReadonlyMap<string, Requirement['level']>,
  say: (line: string) => void,
): Verdict {
  const verdict = verdictOf(
    ending,
    levelsOf(scenario, (id) => levels.get(id)),
  )
  if (verdict === 'PASS' || verdict === 'NOT_SUPPORTED' || isRunStopped()) return verdict
  say(
    `${verdict} ${scenario.requirements.join(' ')} ${scenario.identity ?? ''}: ${scenario.name} (${scenario.uri}:${String(scenario.line)})`,
  )
  say(`  ${step ?? ''}`)
  say(`  ${(message ?? '').split('\n').slice(0, 6).join('\n  ')}`)
  return verdict
}

function summarise(
  results: Results,
  { json, reports, mode }: SuiteFlags,
  outcomes: readonly Outcome[],
  say: (line: string) => void,
): void {
  const { planned, ran, durationMs, verdicts, requirements, stale, order, exitCode, profiles } = results
  if (order.startsWith('random')) say(`order ${order}`)
  for (const sentence of stale) say(`STALE ${sentence}`)
  const counts = Object.entries(verdicts)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${String(count)} ${verdict}`)
  say(
    `${String(ran)} of ${String(planned)} scenarios in ${(durationMs / 1000).toFixed(1)} s: ${counts.join(', ')}; ` +
      `${String(requirements.covered)} of ${String(requirements.total)} requirements by scenario; reports in ${reports}`,
  )
  say(`the statements judged are known as: ${gradesText(requirements.grades)}`)
  const trials = outcomes.flatMap((outcome) => outcome.trials ?? [])
  const sum = (of: keyof (typeof trials)[number]): number => trials.reduce((total, one) => total + one[of], 0)
  if (trials.length > 0)
    say(
      `trials: ${String(trials.length)} properties, ${String(sum('cases'))} values in ${(sum('ms') / 1000).toFixed(1)} s, seed ${results.parameters['trialSeed'] ?? ''}`,
    )
  if (ran < planned) say(`${String(planned - ran)} planned scenarios did not run`)
  for (const [name, { met, requirements: total, against }] of Object.entries(profiles))
    say(
      `profile ${name}: ${met ? 'met' : `not met, ${String(against.length)} of ${String(total)} requirements fail`}`,
    )
  if (mode === 'certify') say(exitCode === 0 ? 'certificate written' : 'no certificate written, see above')
  if (json) {
    say(JSON.stringify(results, (name, value: unknown) => (name === 'records' ? undefined : value)))
  }
}

function tagsOf(
  { tags, requirement, profile, sut = 'all' }: SuiteFlags,
  catalogue: readonly Requirement[],
): string | undefined {
  oneOf('--sut', sut, ['client', 'hub', 'all'])
  for (const id of requirement ?? []) {
    if (!catalogue.some((row) => row.id === id))
      throw new UsageError(
        `--requirement: must be an id of the catalogue (see iot-hub-conformance list), got ${id}`,
      )
  }
  const parts = [
    ...(sut === 'all' ? [] : [`@sut:${sut}`]),
    ...(requirement === undefined ? [] : [`(${requirement.map((id) => `@${id}`).join(' or ')})`]),
    ...(tags === undefined ? [] : [`(${tags})`]),
    ...(profile === undefined ? [] : [profileTags(profile, catalogue)]),
  ]
  return parts.length === 0 ? undefined : parts.join(' and ')
}

/** Takes the names of profiles of earlier versions, and says what they are called. */
function withCurrentProfile(flags: SuiteFlags, say: (line: string) => void): SuiteFlags {
  const { profile } = flags
  if (profile === undefined || currentName(profile) === profile) return flags
  say(`--profile ${profile} is called ${currentName(profile)}; a later version takes the new name only`)
  return { ...flags, profile: currentName(profile) }
}

/** @throws UsageError. */
function profileTags(name: string, catalogue: readonly Requirement[]): string {
  oneOf('--profile', name, Object.keys(PROFILES))
  const profile = PROFILES[name]
  if (profile === undefined) return ''
  const ids = requirementsOf(name, profile, catalogue).map(({ id }) => `@${id}`)
  const others = (['device', 'module'] as const).filter((kind) => !profile.of.includes(kind))
  return [
    `(${ids.join(' or ')})`,
    ...others.map((kind) => `not @identity:${kind}`),
    ...(profile.neutral === undefined ? [] : [`not ${PYTHON_API}`]),
  ].join(' and ')
}

/** A random order gets a seed, which is printed so that the run can be repeated. */
function orderOf(order: string): string {
  if (order === 'defined' || /^random:\d+$/.test(order)) return order
  if (order === 'random') return `random:${String(Math.floor(Math.random() * 2 ** 31))}`
  throw new UsageError(`--order: must be defined, random or random:SEED, got ${order}`)
}

/**
 * Scenarios share nothing but a driver, a hub elsewhere, and the end of a run at its first failure: those have one process.
 * @throws UsageError.
 */
function workersOf({ workers, driver, hub, untilFailure }: SuiteFlags, scenarios: number): number {
  const isShared = driver !== undefined || hub !== undefined || untilFailure === true || RESTARTS
  if (workers === undefined)
    return isShared
      ? 1
      : Math.min(MOST_WORKERS, availableParallelism(), Math.ceil(scenarios / SCENARIOS_A_WORKER))
  const count = /^[1-9]\d?$/.test(workers) ? Number(workers) : 0
  if (count === 0) throw new UsageError(`--workers: must be a whole number from 1, got ${workers}`)
  if (count > 1 && isShared)
    throw new UsageError('--workers: must be 1 with --driver, --hub, --until-failure and restarts of the hub')
  return count
}

/** @throws UsageError. */
function trialsOf({ trials, trialSeed, trialPath }: SuiteFlags): Readonly<Record<string, string>> {
  if (!/^\d+$/.test(trials)) throw new UsageError(`--trials: must be a whole number, got ${trials}`)
  if (trialSeed !== 'random' && !/^-?\d+$/.test(trialSeed))
    throw new UsageError(`--trial-seed: must be a whole number or random, got ${trialSeed}`)
  const seed = trialSeed === 'random' ? String(Math.floor(Math.random() * 2 ** 31)) : trialSeed
  return { trials, trialSeed: seed, ...(trialPath === undefined ? {} : { trialPath }) }
}

function oneOf(flag: string, given: string, allowed: readonly string[]): string {
  if (!allowed.includes(given))
    throw new UsageError(`${flag}: must be one of ${allowed.join(', ')}, got ${given}`)
  return given
}

function subjectOf({ driver }: SuiteFlags, hub: HubLocation | undefined): Results['subject'] {
  if (hub !== undefined) return { hub: connectionStringParts(hub.serviceConnectionString)['HostName'] }
  return driver === undefined
    ? { client: 'reference client', hub: 'embedded' }
    : { ...implementationUnderTest(), driver }
}

/** The address to listen on, which clients can dial. @throws UsageError. */
function addressOf(given: string): string {
  if (isIP(given) !== 0 && !/^[0.:]*$/.test(given)) return given
  throw new UsageError(`--address: must be an IP address of this machine that clients can dial, got ${given}`)
}

/** The words of a command line; quotes group words. */
function commandOf(text: string): readonly string[] {
  const words = [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
  if (words.length === 0) throw new UsageError('--driver: must be a command, got an empty string')
  return words
}
