/**
 * `npm test`: types, lint, features, unit and adapter tests, and a check that a test names every requirement. Ends with
 * the line `N passed, N failed`; exits with 1 if anything failed or fewer tests ran than the tree has.
 *
 * `npm test -- FILE…` runs these test files, or the tests of these sources, and nothing else; for a `.feature` its scenarios.
 */

import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { countFeatures, countUnitTests, type Count } from './counts.ts'

interface Job {
  readonly name: string
  readonly command: readonly string[]
}

interface Outcome {
  readonly name: string
  readonly code: number
  readonly output: string
  readonly seconds: number
}

/** The rules of `.oxlintrc.json`, and the errors of the compiler. */
const LINT: Job = { name: 'types and lint', command: ['oxlint'] }
const FORMAT: Job = { name: 'format', command: ['oxfmt', '--check'] }
const KEYS: Job = { name: 'untrusted keys', command: ['tsx', 'lint-rules/untrusted-keys.ts'] }
const TYPES_OF_PAGE: Job = { name: 'types of the dashboard', command: ['tsc', '-p', 'dashboard/src'] }
const PRODUCTS = ['mock-hub', 'reference-client', 'step-definitions']
const IMPORTS: Job = {
  name: 'imports',
  command: ['depcruise', ...PRODUCTS, 'certs', 'dashboard', 'scripts', 'bench', 'lint-rules'],
}
const REQUIREMENTS: Job = { name: 'requirements', command: ['tsx', 'scripts/test/requirements.ts'] }
const UNIT: Job = { name: 'unit and adapter tests', command: ['vitest', 'run'] }
const FEATURES: Job = {
  name: 'features',
  command: ['tsx', '--no-warnings', 'step-definitions/conformance/main.ts', 'run'],
}

const FEATURES_OVER_WEBSOCKET: Job = {
  name: 'features over WebSocket',
  command: [
    ...FEATURES.command,
    ...['--sut', 'client', '--transport', 'mqtt-ws', '--reports', 'reports/mqtt-ws'],
  ],
}

const files = process.argv.slice(2)
if (files.length > 0) process.exit(await testFiles(files))

/** Deletes the reports of an earlier run, which must not count for this one. */
const UNIT_REPORT = 'reports/vitest.json'
const FEATURE_REPORT = 'reports/results.json'
const WEBSOCKET_REPORT = 'reports/mqtt-ws/results.json'
for (const report of [UNIT_REPORT, FEATURE_REPORT, WEBSOCKET_REPORT]) rmSync(report, { force: true })

// For two cores: scenarios use one, and take twice as long as the checks, after which vitest shares both.
const [checks, features] = await Promise.all([
  inTurn([FORMAT, LINT, TYPES_OF_PAGE, KEYS, IMPORTS, REQUIREMENTS, UNIT]),
  inTurn([FEATURES, FEATURES_OVER_WEBSOCKET]),
])
const outcomes = [...checks, ...features]

const counts: readonly Count[] = [
  countUnitTests(() => readFileSync(UNIT_REPORT, 'utf8')),
  countFeatures(() => readFileSync(FEATURE_REPORT, 'utf8')),
  { ...countFeatures(() => readFileSync(WEBSOCKET_REPORT, 'utf8')), name: 'scenarios over WebSocket' },
]
process.stdout.write('\n')
for (const { name, code, seconds } of outcomes)
  process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)\n`)
for (const { name, passed, failed, problems } of counts) {
  process.stdout.write(`${name}: ${String(passed)} passed, ${String(failed)} failed\n`)
  for (const problem of problems) process.stdout.write(`FAIL ${name}: ${problem}\n`)
}
const broken =
  outcomes.filter(({ code }) => code !== 0).length + counts.flatMap(({ problems }) => problems).length
const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)
// A job that failed without a failed test counts as one failure, so that the last line is not green.
process.stdout.write(`${String(passed)} passed, ${String(failed > 0 ? failed : broken)} failed\n`)
process.exitCode = broken === 0 && failed === 0 ? 0 : 1

async function inTurn(jobs: readonly Job[]): Promise<readonly Outcome[]> {
  const done: Outcome[] = []
  for (const job of jobs) {
    const outcome = await run(job)
    process.stdout.write(`\n== ${outcome.name}\n${outcome.output}`)
    done.push(outcome)
  }
  return done
}

/** The inner loop: no report, no checks. @returns the exit code. */
async function testFiles(paths: readonly string[]): Promise<number> {
  const scenarios = paths.filter((path) => path.includes('.feature'))
  const tests = paths.filter((path) => path.endsWith('.test.ts'))
  const sources = paths.filter((path) => !scenarios.includes(path) && !tests.includes(path))
  const commands = [
    ...(tests.length > 0 ? [['vitest', 'run', ...tests]] : []),
    ...(sources.length > 0 ? [['vitest', 'related', '--run', ...sources]] : []),
    ...(scenarios.length > 0 ? [['cucumber-js', ...scenarios]] : []),
  ]
  for (const [program = '', ...args] of commands) {
    const NODE_OPTIONS = program === 'cucumber-js' ? '--import=tsx --no-warnings' : ''
    const child = spawn(`node_modules/.bin/${program}`, args, {
      stdio: 'inherit',
      env: { ...process.env, NODE_OPTIONS },
    })
    const code = await new Promise<number>((resolve) => {
      child.once('close', (ended) => {
        resolve(ended ?? 1)
      })
    })
    if (code !== 0) return code
  }
  return 0
}

function run({ name, command: [program = '', ...args] }: Job): Promise<Outcome> {
  const from = performance.now()
  return new Promise((resolve) => {
    const child = spawn(`node_modules/.bin/${program}`, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    const end = (code: number | null): void => {
      resolve({ name, code: code ?? 1, output, seconds: (performance.now() - from) / 1000 })
    }
    child.once('error', (error) => {
      output += `${error.message}\n`
      end(1)
    })
    child.once('close', end)
  })
}
