/**
 * Runs the suite against an official SDK and writes the results to `docs/results/`.
 *
 *     npm run certify:python | certify:node | certify:java | certify:bare
 *
 * `-- --again` rewrites the pages from the last run. `-- --quick` is for CI: clients get less real time for each call, and
 * the pages are not written. Exits with 1 if `docs/results/<sdk>.yaml` does not explain a result or has a stale
 * explanation, in two runs; the second one gives clients more real time, one scenario after another.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RequirementResult } from '../../step-definitions/conformance/results.ts'
import { compare, type Comparison, parseExplanations } from './explanations.ts'
import { sdkPage, type Summary, summaryOf, tablePage } from './page.ts'
import { joined, partsOf, runParts } from './parts.ts'
import { enterNamespace } from '../oracle/namespace.ts'
import { CLIENTS } from './clients.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Real seconds for a call: official SDKs react at once, so the 30 seconds of the suite would only make a run long. */
const CALL_SECONDS = 3
const QUICK_CALL_SECONDS = 1
/** Unexpected results are looked at once more, with time for a machine that is far slower. */
const SECOND_LOOK_SECONDS = 10
/** A client waits most of the time: two parts side by side keep one core busy. */
const PARTS = 2
const [wanted = '', mode] = process.argv.slice(2)
process.exitCode = await certify(wanted)

async function certify(name: string): Promise<number> {
  const certifiedClient = CLIENTS[name]
  if (certifiedClient === undefined || ![undefined, '--again', '--quick'].includes(mode)) {
    console.error(
      `certify: must be one of ${Object.keys(CLIENTS).join(', ')}, then --again, --quick or nothing; got ${process.argv.slice(2).join(' ')}`,
    )
    return 2
  }
  const { client, driver, missing, fixedPorts = false, callSeconds = CALL_SECONDS } = certifiedClient()
  if (missing !== undefined) {
    console.log(`${name}: skipped, ${missing}`)
    console.log(`${name}: 0 passed, 0 failed, 1 skipped`)
    return 0
  }
  const inside = fixedPorts && mode !== '--again' ? enterNamespace() : undefined
  if (inside !== undefined) return inside
  const reports = join(ROOT, 'reports', name)
  const file = (ending: string): string => join(ROOT, 'docs/results', `${name}.${ending}`)
  const explanations = parseExplanations(existsSync(file('yaml')) ? readFileSync(file('yaml'), 'utf8') : '')

  // Drivers with fixed ports share them.
  const parts = partsOf(reports, fixedPorts ? 1 : PARTS)
  const {
    planned,
    ran,
    records: all,
  } = mode === '--again'
    ? joined(parts)
    : await runParts(driver, parts, mode === '--quick' ? QUICK_CALL_SECONDS : callSeconds)
  let records = all.filter(({ identity }) => identity !== 'hub')
  let comparison = compare(records, explanations)
  if (mode !== '--again' && comparison.complaints.length > 0) {
    for (const { text } of comparison.complaints) console.log(`once more: ${text}`)
    records = replaced(records, await lookAgain(driver, `${reports}-again`, comparison))
    comparison = compare(records, explanations)
  }
  if (mode !== '--quick') {
    writeFileSync(file('md'), sdkPage(client, records, comparison))
    publish(summaryOf(client, `${name}.md`, records))
  }
  for (const { text } of comparison.complaints) console.log(text)
  const passed = records.filter(({ verdict }) => verdict === 'PASS').length
  if (ran < planned) console.log(`${String(planned - ran)} scenarios did not run`)
  console.log(`${client}: ${String(passed)} of ${String(records.length)} requirements passed`)
  const wrong = comparison.complaints.length + (planned - ran)
  console.log(`${name}: ${String(records.length - wrong)} passed, ${String(wrong)} failed`)
  return wrong === 0 ? 0 : 1
}

/** Runs unexpected results again, one after another, because a busy machine can cause them. */
async function lookAgain(
  driver: string,
  reports: string,
  { complaints }: Comparison,
): Promise<readonly RequirementResult[]> {
  const ids = [...new Set(complaints.map(({ requirement }) => requirement))]
  const part = { reports, selection: ['--requirement', ...ids] }
  const { records } = await runParts(driver, [part], SECOND_LOOK_SECONDS)
  return records.filter(({ requirement }) => ids.includes(requirement))
}

function replaced(
  records: readonly RequirementResult[],
  newer: readonly RequirementResult[],
): RequirementResult[] {
  return records.map(
    (record) =>
      newer.find(
        ({ requirement, identity }) => requirement === record.requirement && identity === record.identity,
      ) ?? record,
  )
}

/** The table keeps the results of earlier runs for other clients. */
function publish(summary: Summary): void {
  const file = join(ROOT, 'docs/results/results.json')
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Summary[]) : []
  const all = [...before.filter(({ page }) => page !== summary.page), summary].sort((a, b) =>
    a.page.localeCompare(b.page),
  )
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`)
  writeFileSync(join(ROOT, 'docs/results/README.md'), tablePage(all))
}
