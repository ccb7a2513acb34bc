/** `iot-hub-conformance report`: writes the reports again from the results of a run. */

import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { loadCatalogue } from '../catalogue/requirement.ts'
import { writeReports } from '../report/reports.ts'
import type { Results } from './results.ts'
import { SUITE } from './suite.ts'
import { UsageError } from './usage-error.ts'

/** @throws UsageError when the file cannot be read. */
export function render(file: string, say: (line: string) => void): void {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`report: ${file} cannot be read: ${error instanceof Error ? error.message : ''}`)
  }
  writeReports(JSON.parse(text) as Results, loadCatalogue(SUITE.catalogue), dirname(file))
  say(`reports written to ${dirname(file)}`)
}
