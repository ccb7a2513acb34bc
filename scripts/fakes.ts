/**
 * `npm run fakes`: runs the whole suite against three clients that must not pass. The one that never connects and the one
 * that reports success for everything must pass nothing; the one that connects and does nothing else may pass only
 * requirements about connecting. Exits with 1 if one of them passes more.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Results } from '../step-definitions/conformance/results.ts'

/** Capabilities that a client that only connects may have. */
const CONNECTING = /^(connection|auth|gateway|tls|transport|lifecycle|identity|proxy)/
const MAY_PASS: Readonly<Record<string, (capability: string) => boolean>> = {
  null: () => false,
  liar: () => false,
  parrot: (capability) => CONNECTING.test(capability),
}

const reports = mkdtempSync(join(tmpdir(), 'fakes-'))
let failed = 0
for (const [name, mayPass] of Object.entries(MAY_PASS)) {
  const driver = `"${process.execPath}" --import tsx scripts/fakes/driver.ts ${name}`
  const suite = [
    '--no-warnings',
    '--import=tsx',
    'step-definitions/conformance/main.ts',
    'run',
    '--sut',
    'client',
  ]
  spawnSync(
    process.execPath,
    [...suite, '--driver', driver, '--reports', reports, ...process.argv.slice(2)],
    {
      // These clients react at once, so short waits suffice.
      env: { ...process.env, CONFORMANCE_CALL_SECONDS: '0.15', CONFORMANCE_SILENCE_MS: '12' },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const { records, planned, ran } = JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8')) as Results // the runner's own
  const passed = records.filter(({ verdict }) => verdict === 'PASS')
  const wrong = passed.filter(({ capability }) => !mayPass(capability))
  for (const { requirement, identity, title } of wrong)
    process.stdout.write(`${name} passes ${requirement} ${identity}: ${title}\n`)
  process.stdout.write(
    `${name}: ${String(passed.length)} of ${String(records.length)} requirements passed, ${String(wrong.length)} that must not; ${String(ran)} of ${String(planned)} scenarios ran\n`,
  )
  failed += wrong.length + planned - ran
}
rmSync(reports, { recursive: true })
process.stdout.write(
  `fakes: ${failed === 0 ? String(Object.keys(MAY_PASS).length) : '0'} passed, ${String(failed)} failed\n`,
)
process.exitCode = failed === 0 ? 0 : 1
