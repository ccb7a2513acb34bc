/**
 * A certification in parts that run side by side: clients mostly wait, and one scenario after another takes minutes. Each part
 * has whole features, a driver and hubs of its own.
 */

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadScenarios } from '../../step-definitions/catalogue/scenarios.ts'
import type { RequirementResult, Results } from '../../step-definitions/conformance/results.ts'
import { rollUp } from '../../step-definitions/conformance/verdict.ts'

const ROOT = join(import.meta.dirname, '../..')

export interface Part {
  readonly reports: string
  /** Flags of the suite that select the scenarios. */
  readonly selection: readonly string[]
}

/** The features of clients, dealt out by their number of scenarios. */
export function partsOf(reports: string, count: number): readonly Part[] {
  if (count === 1) return [{ reports, selection: [] }]
  const sizes = new Map<string, number>()
  for (const { uri, identity } of loadScenarios())
    if (identity !== 'hub') sizes.set(uri, (sizes.get(uri) ?? 0) + 1)
  const parts = Array.from({ length: count }, () => ({ features: [] as string[], size: 0 }))
  for (const [uri, size] of [...sizes].sort((a, b) => b[1] - a[1])) {
    const smallest = parts.reduce((least, part) => (part.size < least.size ? part : least))
    smallest.features.push(uri)
    smallest.size += size
  }
  return parts.map(({ features }, index) => ({
    reports: `${reports}-${String(index + 1)}`,
    selection: ['--features', ...features],
  }))
}

/** What the parts of a run give. */
export type Whole = Pick<Results, 'planned' | 'ran' | 'records'>

/** Runs parts side by side. @param callSeconds real seconds that a client has for a call. */
export async function runParts(driver: string, parts: readonly Part[], callSeconds: number): Promise<Whole> {
  await Promise.all(parts.map((part) => run(driver, part, callSeconds)))
  return joined(parts)
}

/** The results of parts as those of one run. */
export function joined(parts: readonly Pick<Part, 'reports'>[]): Whole {
  const all = parts.map(
    ({ reports }) => JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8')) as Results, // the runner's own
  )
  const sum = (of: (results: Results) => number): number => all.reduce((total, one) => total + of(one), 0)
  return {
    planned: sum(({ planned }) => planned),
    ran: sum(({ ran }) => ran),
    records: joinRecords(all.flatMap(({ records }) => records)),
  }
}

/** A requirement that several features prove has one record, with the worst verdict. */
export function joinRecords(records: readonly RequirementResult[]): readonly RequirementResult[] {
  const byKey = new Map<string, RequirementResult>()
  for (const record of records) {
    const key = `${record.requirement}/${record.identity}`
    const other = byKey.get(key)
    byKey.set(
      key,
      other === undefined
        ? record
        : {
            ...other,
            scenarios: [...other.scenarios, ...record.scenarios],
            verdict: rollUp([other.verdict, record.verdict]),
            ...neutralOf(other, record),
          },
    )
  }
  return [...byKey.values()]
}

/** A reading that one of two records does not have is the other's. */
function neutralOf(...records: readonly RequirementResult[]): Pick<RequirementResult, 'neutral'> {
  const verdicts = records.flatMap(({ neutral }) => neutral ?? [])
  return verdicts.length === 0 ? {} : { neutral: rollUp(verdicts) }
}

function run(driver: string, { reports, selection }: Part, callSeconds: number): Promise<void> {
  const suite = ['--import', 'tsx', join(ROOT, 'step-definitions/conformance/main.ts')]
  const flags = ['run', '--sut', 'client', '--driver', driver, '--reports', reports, ...selection]
  const child = spawn(process.execPath, [...suite, ...flags], {
    cwd: ROOT,
    env: { ...process.env, CONFORMANCE_CALL_SECONDS: String(callSeconds) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      resolve()
    })
  })
}
