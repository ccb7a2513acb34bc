/** Compares the number of tests that ran with the number in the tree: a run of fewer tests does not pass. */

import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

export interface Count {
  readonly name: string
  readonly passed: number
  readonly failed: number
  /** Why the counts cannot be trusted, one sentence each. */
  readonly problems: readonly string[]
}

/** The folders whose `*.test.ts` vitest runs (vitest.config.ts). */
const TESTED = [
  'mock-hub',
  'reference-client',
  'step-definitions',
  'certs',
  'scripts',
  'lint-rules',
  'dashboard',
]

interface VitestReport {
  readonly numTotalTests: number
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly unknown[] }[]
}

/** Reads vitest's JSON report. */
export function countUnitTests(read: () => string, files: readonly string[] = testFiles()): Count {
  const name = 'unit and adapter tests'
  const report = parsed(read) as VitestReport | undefined // vitest's own format
  if (report === undefined) return { name, passed: 0, failed: 0, problems: ['there is no report'] }
  const ran = new Set(
    report.testResults
      .filter(({ assertionResults }) => assertionResults.length > 0)
      .map((result) => relative(process.cwd(), result.name)),
  )
  const idle = report.numTotalTests - report.numPassedTests - report.numFailedTests
  return {
    name,
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    problems: [
      ...files.filter((file) => !ran.has(file)).map((file) => `no test of ${file} ran`),
      ...(idle > 0 ? [`${String(idle)} tests were skipped`] : []),
    ],
  }
}

interface ConformanceResults {
  readonly planned: number
  readonly ran: number
  /** Scenarios by verdict. */
  readonly verdicts: Readonly<Record<string, number>>
}

/** Reads the results of the conformance run. */
export function countFeatures(read: () => string): Count {
  const name = 'scenarios'
  const results = parsed(read) as ConformanceResults | undefined // step-definitions/report writes it
  if (results === undefined) return { name, passed: 0, failed: 0, problems: ['there is no report'] }
  const passed = results.verdicts['PASS'] ?? 0
  const { planned, ran } = results
  return {
    name,
    passed,
    failed: Math.max(planned, ran) - passed,
    problems: [
      ...(planned === 0 ? ['nothing was planned'] : []),
      ...(ran < planned ? [`${String(planned)} were planned, ${String(ran)} ran`] : []),
    ],
  }
}

function parsed(read: () => string): unknown {
  try {
    return JSON.parse(read())
  } catch {
    return undefined
  }
}

function testFiles(): readonly string[] {
  return TESTED.flatMap((folder) => filesIn(folder)).filter((file) => file.endsWith('.test.ts'))
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}
