/**
 * `npm run fakes`: runs the suite against clients that must not pass. The one that never connects and the one that reports
 * success for everything must pass nothing, in either reading; the one that connects and does nothing else may pass only
 * requirements about connecting. Then the requirements of every client against two that report what they do otherwise: with
 * error classes of its own a client meets them all by the neutral rules, with failures reported as successes it does not.
 * Exits with 1 if one of them passes more, or less.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RequirementResult, Results } from '../../step-definitions/conformance/results.ts'

/** Capabilities that a client that only connects may have. */
const CONNECTING = /^(connection|auth|gateway|tls|transport|lifecycle|identity|proxy)/
const MAY_PASS: Readonly<Record<string, (capability: string) => boolean>> = {
  null: () => false,
  liar: () => false,
  parrot: (capability) => CONNECTING.test(capability),
}
/** What a client that reports failures as successes does not meet in any language. */
const TOLD_FALSELY = [
  'CONNECT-04',
  'CONNECT-05',
  'CONNECT-07',
  'CONNECT-09',
  'SEND-06',
  'SEND-08',
  'SEND-12',
  'SVC-02',
]

const reports = mkdtempSync(join(tmpdir(), 'fakes-'))
let failed = 0
for (const [name, mayPass] of Object.entries(MAY_PASS)) {
  const { records, planned, ran } = run(name, [])
  const passed = records.filter(({ verdict, neutral }) => verdict === 'PASS' || neutral === 'PASS')
  const wrong = passed.filter(({ capability }) => !mayPass(capability))
  for (const { requirement, identity, title } of wrong)
    process.stdout.write(`${name} passes ${requirement} ${identity}: ${title}\n`)
  process.stdout.write(
    `${name}: ${String(passed.length)} of ${String(records.length)} requirements passed, ${String(wrong.length)} that must not; ${String(ran)} of ${String(planned)} scenarios ran\n`,
  )
  failed += wrong.length + planned - ran
}

{
  const { records, profiles } = run('stranger', ['--profile', 'client-protocol'])
  const wrong = Object.values(profiles).flatMap(({ against }) => against)
  const other = records.filter(({ verdict }) => verdict === 'FAIL')
  for (const line of wrong) process.stdout.write(`stranger does not meet ${line}\n`)
  process.stdout.write(
    `stranger: ${String(records.length - wrong.length)} of ${String(records.length)} by the neutral rules; ${String(other.length)} fail as the Python API is documented\n`,
  )
  failed += wrong.length + Number(other.length === 0)
}

{
  const { records } = run('optimist', ['--profile', 'client-protocol'])
  const wrong = records.filter((record) => isToldFalsely(record) && record.neutral !== 'FAIL')
  for (const { requirement, identity, neutral = '' } of wrong)
    process.stdout.write(
      `optimist: ${requirement} ${identity} is ${neutral} by the neutral rules, and must FAIL\n`,
    )
  process.stdout.write(
    `optimist: ${String(records.filter(({ neutral }) => neutral === 'FAIL').length)} of ${String(records.length)} fail by the neutral rules\n`,
  )
  failed += wrong.length + Number(records.length === 0)
}
rmSync(reports, { recursive: true })
process.stdout.write(
  `fakes: ${failed === 0 ? String(Object.keys(MAY_PASS).length + 2) : '0'} passed, ${String(failed)} failed\n`,
)
process.exitCode = failed === 0 ? 0 : 1

function isToldFalsely({ requirement }: RequirementResult): boolean {
  return TOLD_FALSELY.some((id) => requirement === `BOTH-${id}`)
}

function run(name: string, selection: readonly string[]): Results {
  const driver = `"${process.execPath}" --import tsx scripts/fakes/driver.ts ${name}`
  const suite = ['--no-warnings', '--import=tsx', 'step-definitions/conformance/main.ts', 'run']
  const flags = ['--sut', 'client', '--driver', driver, '--reports', reports, ...selection]
  spawnSync(process.execPath, [...suite, ...flags, ...process.argv.slice(2)], {
    // These clients react at once, so short waits suffice.
    env: { ...process.env, CONFORMANCE_CALL_SECONDS: '0.15', CONFORMANCE_SILENCE_MS: '12' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8')) as Results // the runner's own
}
