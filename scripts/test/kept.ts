/**
 * `npm run conformance:kept -- [--quick] [FLAGS]`: the suite over hubs that keep their state. First with `--durability disk`,
 * then with `process` and hubs that are killed and started again between steps, wherever nothing is under way that does not
 * outlive a hub. FLAGS are those of `npm run conformance`. `--quick`, for CI: only the second, of features about what a hub
 * keeps. Ends with `N passed, N failed`; exits with 1 if a scenario failed or did not run, or if no hub was started again.
 */

import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { countFeatures, type Count } from './counts.ts'

interface Restarts {
  readonly scenarios: number
  readonly restarted: number
  readonly restarts: number
  /** Scenarios without a restart, by what kept it. */
  readonly kept: Readonly<Record<string, number>>
}

/** For `--quick`. */
const FEATURES = ['hub/cloud-to-device', 'hub/twins', 'hub/telemetry', 'hub/registry', 'hub/file-upload']
const REPORTS = 'reports/kept'
const RESTARTS = join(REPORTS, 'restarts.json')
const given = process.argv.slice(2)
const quick = given.includes('--quick')
const flags = [
  ...(quick ? ['--trials', '0', '--features', ...FEATURES] : []),
  ...given.filter((flag) => flag !== '--quick'),
]

const counts: Count[] = []
if (!quick) counts.push(await run('disk', {}))
counts.push(await run('process', { CONFORMANCE_HUB_RESTART: RESTARTS }))

const { scenarios, restarted, restarts, kept } = restartsIn(RESTARTS)
const reasons = Object.entries(kept).map(([why, count]) => `${String(count)} ${why}`)
process.stdout.write(
  `restarts: ${String(restarts)} in ${String(restarted)} of ${String(scenarios)} scenarios with a hub; none in the others: ${reasons.join(', ')}\n`,
)
const sum = (of: (count: Count) => number): number => counts.reduce((total, count) => total + of(count), 0)
const failed = sum(({ failed: some }) => some)
const problems = sum(({ problems: some }) => some.length) + (restarts === 0 ? 1 : 0)
process.stdout.write(
  `${String(sum(({ passed }) => passed))} passed, ${String(failed > 0 ? failed : problems)} failed\n`,
)
process.exitCode = failed + problems === 0 ? 0 : 1

async function run(durability: string, environment: Readonly<Record<string, string>>): Promise<Count> {
  const reports = join(REPORTS, durability)
  rmSync(reports, { recursive: true, force: true })
  rmSync(RESTARTS, { force: true })
  const suite = ['--no-warnings', '--import', 'tsx', 'step-definitions/conformance/main.ts', 'run']
  const child = spawn(process.execPath, [...suite, '--reports', reports, ...flags], {
    stdio: 'inherit',
    env: { ...process.env, CONFORMANCE_HUB_DATA: durability, ...environment },
  })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      resolve()
    })
  })
  const count = countFeatures(() => readFileSync(join(reports, 'results.json'), 'utf8'))
  const { passed, failed: bad } = count
  process.stdout.write(`${durability}: ${String(passed)} passed, ${String(bad)} failed\n`)
  for (const problem of count.problems) process.stdout.write(`FAIL ${durability}: ${problem}\n`)
  return count
}

function restartsIn(file: string): Restarts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Restarts // step-definitions/world/hub/restarts.ts writes it
  } catch {
    return { scenarios: 0, restarted: 0, restarts: 0, kept: {} }
  }
}
