/**
 * Runs an official SDK through the suite and publishes what came of it in `docs/results/`.
 *
 *     npm run certify:python | certify:node | certify:java
 *
 * `-- --again` writes the pages anew from the last run. Exit 1 when a result is not explained in `docs/results/<sdk>.yaml`, or an explanation is stale.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Results } from '../step-definitions/conformance/results.ts'
import { compare, parseExplanations } from './certify/explanations.ts'
import { sdkPage, type Summary, summaryOf, tablePage } from './certify/page.ts'
import { enterNamespace } from './oracle/namespace.ts'
import { strangers } from './certify/strangers.ts'

const ROOT = join(import.meta.dirname, '..')
const [wanted = '', again] = process.argv.slice(2)
process.exitCode = certify(wanted)

function certify(name: string): number {
  const stranger = strangers[name]
  if (stranger === undefined) {
    console.error(`certify: must be one of ${Object.keys(strangers).join(', ')}, got ${name}`)
    return 2
  }
  const { client, driver, missing, fixedPorts = false } = stranger()
  if (missing !== undefined) {
    console.log(`${name}: skipped, ${missing}`)
    return 0
  }
  const inside = fixedPorts && again !== '--again' ? enterNamespace() : undefined
  if (inside !== undefined) return inside
  const reports = join(ROOT, 'reports', name)
  const suite = ['--import', 'tsx', join(ROOT, 'step-definitions/conformance/main.ts')]
  const flags = ['run', '--sut', 'client', '--driver', driver, '--reports', reports]
  if (again !== '--again')
    spawnSync(process.execPath, [...suite, ...flags], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  const results = JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8')) as Results // the runner's own

  const file = (ending: string): string => join(ROOT, 'docs/results', `${name}.${ending}`)
  const known = existsSync(file('yaml')) ? readFileSync(file('yaml'), 'utf8') : ''
  const records = results.records.filter(({ identity }) => identity !== 'hub')
  const comparison = compare(records, parseExplanations(known))
  writeFileSync(file('md'), sdkPage(client, records, comparison))
  publish(summaryOf(client, `${name}.md`, records))

  for (const complaint of comparison.complaints) console.log(complaint)
  const passed = records.filter(({ verdict }) => verdict === 'PASS').length
  const { planned, ran } = results
  if (ran < planned) console.log(`${String(planned - ran)} scenarios did not run`)
  console.log(
    `${client}: ${String(passed)} of ${String(records.length)} requirements passed, ` +
      `${String(comparison.complaints.length)} complaints`,
  )
  return comparison.complaints.length === 0 && ran === planned ? 0 : 1
}

/** The table keeps what earlier runs said of other clients. */
function publish(summary: Summary): void {
  const file = join(ROOT, 'docs/results/results.json')
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Summary[]) : []
  const all = [...before.filter(({ page }) => page !== summary.page), summary].sort((a, b) =>
    a.page.localeCompare(b.page),
  )
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`)
  writeFileSync(join(ROOT, 'docs/results/README.md'), tablePage(all))
}
