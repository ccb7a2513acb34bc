import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { beforeEach, expect, test } from 'vitest'
import type { Requirement } from '../catalogue/requirement.ts'
import type { Scenario } from '../catalogue/scenarios.ts'
import { annotations } from '../report/annotations.ts'
import { html } from '../report/html.ts'
import { junit } from '../report/junit.ts'
import { summary } from '../report/summary.ts'
import { EXIT } from './exit-code.ts'
import type { KnownFailure } from './known-failing.ts'
import { currentName } from './profiles.ts'
import { type Results, resultsOf } from './results.ts'
import type { Outcome } from './run.ts'
import type { Ending } from './verdict.ts'

const SCHEMA = JSON.parse(readFileSync(new URL('results.schema.json', import.meta.url), 'utf8')) as object
const requirement = (id: string, level: Requirement['level'] = 'must'): Requirement => ({
  ...{ id, level, title: `what ${id} says`, applies: ['device'], sut: 'client', capability: 'connection' },
  ...{ observable: ['wire'], source: {}, testability: 'testable', area: 'client-c2d' },
})
const scenario = (id: string, line: number): Scenario => ({
  ...{ key: `${id}/x/y/device`, uri: 'features/x.feature', line, name: `scenario ${String(line)}` },
  ...{ requirements: [id], tags: [`@${id}`], identity: 'device', steps: [], outline: false },
})

let catalogue: Requirement[]
let plan: Scenario[]
let outcomes: Outcome[]
beforeEach(() => {
  catalogue = []
  plan = []
  outcomes = []
})

/** Adds a requirement with one scenario; `undefined`: the scenario did not run. */
function add(
  id: string,
  status: Ending['status'] | undefined,
  errorName?: string,
  level?: Requirement['level'],
): void {
  if (!catalogue.some((row) => row.id === id)) catalogue.push(requirement(id, level))
  const planned = scenario(id, plan.length + 1)
  plan.push(planned)
  if (status === undefined) return
  const ending = { status, errorName }
  outcomes.push({
    ...{
      scenario: planned,
      ending,
      message: 'because | of\nthis',
      step: 'the step',
      attachments: [],
      durationMs: 1,
    },
  })
}

function results(known: readonly KnownFailure[] = [], profile?: string): Results {
  return resultsOf({
    ...{ suite: '0.1.0', subject: { driver: 'x' }, mode: 'run', order: 'defined', parameters: {} },
    ...{ catalogue, plan, outcomes, known, durationMs: 12, today: '2027-01-01', profile },
  })
}
const verdicts = (of: Results): string[] =>
  of.records.map(({ requirement: id, verdict }) => `${id} ${verdict}`)

test('results match their schema', () => {
  add('A-01', 'PASSED')
  add('A-02', 'FAILED', 'AssertionError')
  add('A-03', undefined)
  const validate = new Ajv({ strict: true }).compile(SCHEMA)
  validate(results())
  expect(validate.errors).toBeNull()
})

test('results and their pages say how the requirements that were judged are known; each counts once', () => {
  add('A-01', 'PASSED')
  add('A-01', 'PASSED')
  add('A-02', 'FAILED', 'AssertionError')
  catalogue = catalogue.map((row) => ({ ...row, grade: row.id === 'A-01' ? 'captured' : 'inferred' }))
  catalogue.push({ ...requirement('A-03'), grade: 'assumed' })
  const { requirements, records } = results()
  expect(requirements.grades).toEqual({ captured: 1, asserted: 0, documented: 0, inferred: 1, assumed: 0 })
  expect(records.map(({ grade }) => grade)).toEqual(['captured', 'inferred'])
  expect(summary(results())).toContain('How the statements judged are known: 1 captured, 1 inferred.')
  expect(html(results(), catalogue)).toContain('How the statements judged are known: 1 captured, 1 inferred.')
})

test('a step that reaches its limit in real time is no verdict', () => {
  add('A-01', 'FAILED', 'TimedOut')
  add('A-02', 'PASSED')
  expect(verdicts(results())).toEqual(['A-01 ERROR', 'A-02 PASS'])
  expect(results().exitCode).toBe(EXIT.cannotJudge)
})

test('the worst scenario is the verdict of a requirement', () => {
  add('A-01', 'PASSED')
  add('A-01', 'FAILED', 'AssertionError')
  add('A-02', 'PASSED')
  add('A-02', 'SKIPPED', 'NotSupported')
  add('A-03', 'FAILED', 'AssertionError', 'should')
  add('A-04', 'FAILED', 'Inconclusive')
  add('A-05', 'UNDEFINED')
  expect(verdicts(results())).toEqual([
    'A-01 FAIL',
    'A-02 PASS',
    'A-03 WARN',
    'A-04 INCONCLUSIVE',
    'A-05 ERROR',
  ])
})

test('the exit code is not 0 when fewer scenarios ran than planned, or none passed', () => {
  expect(results().exitCode).toBe(EXIT.tooLittle)
  add('A-01', 'SKIPPED', 'NotSupported')
  expect(results().exitCode).toBe(EXIT.tooLittle)
  add('A-02', 'PASSED')
  expect(results().exitCode).toBe(EXIT.conformant)
  add('A-03', 'FAILED', 'HarnessError')
  expect(results().exitCode).toBe(EXIT.cannotJudge)
  add('A-04', 'FAILED', 'AssertionError')
  expect(results().exitCode).toBe(EXIT.failed)
  add('A-05', undefined)
  expect(results().exitCode).toBe(EXIT.tooLittle)
})

test('a known failure does not count, and is stale when it passes or has expired', () => {
  const known = (id: string, until = '2027-06-01'): KnownFailure => ({
    ...{ id, subject: 'device', issue: 'https://example.org/1', until, line: 1 },
  })
  add('A-01', 'FAILED', 'AssertionError')
  add('A-02', 'PASSED')
  expect(results([known('A-01')])).toMatchObject({ exitCode: EXIT.conformant, stale: [] })
  expect(results([known('A-01', '2026-12-31')]).exitCode).toBe(EXIT.stale)
  expect(results([known('A-01'), known('A-02')])).toMatchObject({
    exitCode: EXIT.stale,
    stale: [expect.stringContaining('A-02')],
  })
})

test('a profile is met when all its requirements are met', () => {
  add('A-01', 'PASSED')
  expect(results().profiles).toEqual({})
  expect(results([], 'all').profiles).toMatchObject({
    'python-api-device-core': { met: true, requirements: 1, against: [] },
    'python-api-device-full': { met: true, requirements: 1 },
  })
  add('A-02', 'SKIPPED', 'NotSupported')
  const asked = results([], 'python-api-device-core')
  expect(asked.profiles).toEqual({
    'python-api-device-core': { met: false, requirements: 2, against: ['A-02 device: NOT_SUPPORTED'] },
  })
  expect(asked.exitCode).toBe(EXIT.failed)
  expect(results([], 'all').exitCode).toBe(EXIT.conformant)
})

test('an old name of a profile is taken', () => {
  expect(currentName('device-core')).toBe('python-api-device-core')
  expect(currentName('client-twin')).toBe('client-twin')
})

/** A requirement that is asked of clients in any language. */
function addNeutral(id: string, profile: string, reading: Partial<Outcome>): void {
  const row = { ...requirement(id), class: 'semantic' as const, profile, rule: 'The call fails' }
  catalogue.push(row)
  add(id, 'FAILED', 'AssertionError')
  const last = outcomes.pop()
  if (last !== undefined) outcomes.push({ ...last, ...reading })
}
const PASSES = { status: 'PASSED', errorName: undefined, step: undefined, message: undefined } as const

test('a neutral verdict stands beside the documented one, and decides a neutral profile', () => {
  addNeutral('A-01', 'client-protocol', { neutral: { ...PASSES, warns: false } })
  addNeutral('A-02', 'client-twin', { neutral: { ...PASSES, warns: true, why: 'later' } })
  addNeutral('A-03', 'client-twin', {})
  const { records, profiles } = results([], 'all')
  expect(records.map(({ requirement: id, verdict, neutral }) => [id, verdict, neutral])).toEqual([
    ['A-01', 'FAIL', 'PASS'],
    ['A-02', 'FAIL', 'WARN'],
    ['A-03', 'FAIL', 'FAIL'],
  ])
  expect(profiles).toMatchObject({
    'client-protocol/device': { met: true, requirements: 1 },
    'client-twin/device': { met: false, requirements: 2, against: ['A-03 device: FAIL'] },
    'python-api-device-full': { met: false, requirements: 3 },
  })
  plan = plan.map((one) => ({ ...one, tags: [...one.tags, '@sut:client'] }))
  outcomes = outcomes.map((one, index) => ({ ...one, scenario: plan[index] ?? one.scenario }))
  const chosen = results([], 'client-protocol')
  expect(chosen.judgedBy).toBe('neutral')
  expect(Object.keys(chosen.profiles)).toEqual(['client-protocol/device'])
  expect(results([], 'all')).toMatchObject({ judgedBy: 'documented', exitCode: EXIT.failed })
})

test('what a client does not claim is left out of a neutral profile, but of what is asked of every client', () => {
  const unclaimed = { ending: { status: 'SKIPPED', errorName: 'NotSupported' } } as const
  addNeutral('A-01', 'client-protocol', unclaimed)
  addNeutral('A-02', 'client-protocol', { neutral: { ...PASSES, warns: false } })
  addNeutral('A-03', 'client-twin', unclaimed)
  addNeutral('A-04', 'client-twin', { neutral: { ...PASSES, warns: false } })
  addNeutral('A-05', 'client-x509', unclaimed)
  expect(results([], 'all').profiles).toMatchObject({
    'client-protocol/device': { met: false, against: ['A-01 device: NOT_SUPPORTED'] },
    'client-twin/device': { met: true, requirements: 1, notClaimed: ['A-03 device'] },
  })
  expect(results([], 'all').profiles).not.toHaveProperty(['client-x509/device'])
})

test('the summary is a valid table with many failures', () => {
  for (let i = 1; i <= 201; i++) add(`A-${String(i)}`, 'FAILED', 'AssertionError')
  const page = summary(results())
  expect(page).toContain('| FAIL | A-1 | device | what A-1 says |  | the step |')
  expect(page).toContain('\n\n… and 1 more')
})

test('there are at most ten annotations, and a colon in a title is escaped', () => {
  for (let i = 1; i <= 11; i++) add(`A-${String(i)}`, 'FAILED', 'AssertionError')
  const lines = annotations(results())
  expect(lines).toHaveLength(10)
  expect(lines[0]).toBe('::error title=A-1 device%3A FAIL::what A-1 says. the step: because | of')
})

test('JUnit replaces characters that XML cannot contain', () => {
  add('A-01', 'FAILED', 'AssertionError')
  const [outcome] = outcomes
  if (outcome !== undefined) outcomes = [{ ...outcome, message: 'a\u0000b\ud800c\uffffd<e>' }]
  const page = junit(results())
  expect(page).toContain('a\ufffdb\ufffdc\ufffdd&lt;e&gt;')
})
