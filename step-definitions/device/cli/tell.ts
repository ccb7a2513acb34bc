/** `device explain`, `diff` and `verify`. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT } from '../../conformance/exit-code.ts'
import { UsageError } from '../../conformance/usage-error.ts'
import type { DeviceRow } from '../catalogue/rows.ts'
import { certificateProblem } from '../report/certificate.ts'
import type { DeviceResults } from '../report/results.ts'
import { deviceRows, textOf } from './run.ts'

type Say = (line: string) => void

/** @param id undefined: lists all rows. @throws UsageError. */
export function explainRow(id: string | undefined, say: Say): void {
  const rows = deviceRows()
  if (id === undefined) {
    for (const row of rows)
      say(`${row.id.padEnd(14)} ${row.level.padEnd(7)} ${row.run.padEnd(10)} ${row.statement}`)
    return
  }
  const row = rows.find((one) => one.id === id)
  if (row === undefined)
    throw new UsageError(`there is no row ${id}; device explain without a row lists them`)
  for (const line of linesOf(row)) say(line)
}

function linesOf(row: DeviceRow): readonly string[] {
  const {
    id,
    statement,
    level,
    phase,
    run,
    appliesTo,
    provocation,
    evidence,
    pass,
    warn,
    fail,
    source,
    confidence,
  } = row
  return [
    `${id}: ${statement} (${level})`,
    `for:      ${appliesTo}`,
    `in:       phase ${phase}, from a ${run} run on`,
    `how:      ${provocation}`,
    `evidence: ${evidence}`,
    `pass:     ${pass}`,
    ...(warn === undefined ? [] : [`warn:     ${warn}`]),
    ...(fail === undefined ? [] : [`fail:     ${fail}`]),
    `source:   ${source} (${confidence})`,
  ]
}

/** Rows that changed, and timings that moved. @returns the exit code: 1 when a row got worse. */
export function diffRuns(before: string, after: string, say: Say): number {
  const [old, now] = [resultsIn(before), resultsIn(after)]
  const bad = new Set(['FAIL', 'INCONCLUSIVE', 'ERROR', 'NOT_RUN'])
  let worse = 0
  for (const row of now.rows) {
    const was = old.rows.find(({ id }) => id === row.id)
    if (was === undefined) continue
    if (was.word !== row.word) {
      if (bad.has(row.word) && !bad.has(was.word)) worse++
      say(`${row.id}: ${was.word} → ${row.word}: ${row.why}`)
    }
    const [a, b] = [was.figures?.['seconds'], row.figures?.['seconds']]
    if (typeof a === 'number' && typeof b === 'number' && Math.abs(b - a) > Math.max(1, 0.2 * a))
      say(`${row.id}: ${a.toFixed(1)} s → ${b.toFixed(1)} s`)
  }
  say(worse === 0 ? 'no row got worse' : `${String(worse)} rows got worse`)
  return worse === 0 ? EXIT.conformant : EXIT.failed
}

function resultsIn(folder: string): DeviceResults {
  const path = join(folder, 'results.json')
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as DeviceResults // the suite wrote it
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @returns the exit code. */
export function verifyCertificate(path: string, key: string | undefined, say: Say): number {
  const problem = certificateProblem(textOf(path), key === undefined ? undefined : textOf(key))
  say(problem === undefined ? `${path}: good` : `${path}: ${problem}`)
  return problem === undefined ? EXIT.conformant : EXIT.failed
}
