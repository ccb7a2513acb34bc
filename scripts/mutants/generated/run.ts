/** Runs drawn mutants against the scenarios of their side, then against the tests, and keeps the score. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { killersIn, withoutVerdict } from '../killers.ts'
import { type FailedTest, type RunResult, WorkingCopy } from '../working-copy.ts'
import { CRASH } from '../../../step-definitions/conformance/stop.ts'
import { featuresFor } from './areas.ts'
import { type GeneratedMutant, mutated } from './candidates.ts'

/** How a mutant ended: killed at level FAIL, only warned about, killed by a test, not noticed, or not run. */
type Ending = 'FAIL' | 'WARN' | 'TEST' | 'SURVIVED' | 'NOT RUN'

interface Ended {
  readonly ending: Ending
  /** The requirements or tests that noticed it, or why there is no verdict. */
  readonly by: readonly string[]
}

interface Judged extends Ended {
  readonly mutant: GeneratedMutant
  readonly seconds: number
}

export interface GeneratedRun {
  readonly mutants: readonly GeneratedMutant[]
  readonly seed: number
  readonly withTests: boolean
  readonly workers: number
  readonly say: (line: string) => void
}

const TESTS: Readonly<Record<GeneratedMutant['side'], readonly string[]>> = {
  hub: ['mock-hub'],
  client: ['reference-client'],
}
const REPORT = 'reports/generated-mutants.json'

/** @returns the exit code: 0 when every mutant ran and was killed. */
export async function runGenerated({
  mutants,
  seed,
  withTests,
  workers,
  say,
}: GeneratedRun): Promise<number> {
  const copies = Array.from({ length: workers }, () => new WorkingCopy())
  const queue = [...mutants]
  const judged: Judged[] = []
  try {
    await Promise.all(
      copies.map(async (copy) => {
        for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
          const startedMs = performance.now()
          const ended = await judge(copy, mutant, withTests)
          const result = { mutant, ...ended, seconds: (performance.now() - startedMs) / 1000 }
          judged.push(result)
          say(lineOf(result))
        }
      }),
    )
  } finally {
    for (const copy of copies) copy.close()
  }
  const count = (...endings: readonly Ending[]): number =>
    judged.filter(({ ending }) => endings.includes(ending)).length
  const ran = judged.length - count('NOT RUN')
  const share = (killed: number): string => (ran === 0 ? '–' : `${((100 * killed) / ran).toFixed(0)} %`)
  say(
    `seed ${String(seed)}: ${String(ran)} of ${String(mutants.length)} mutants ran; ` +
      `scenarios killed ${String(count('FAIL'))} with FAIL (${share(count('FAIL'))}) and warned of ${String(count('WARN'))}; ` +
      `${withTests ? `tests killed ${String(count('TEST'))} more; ` : ''}${String(count('SURVIVED'))} survived`,
  )
  const seconds = judged.reduce((sum, one) => sum + one.seconds, 0)
  say(`${(seconds / Math.max(1, judged.length)).toFixed(1)} s for a mutant`)
  mkdirSync('reports', { recursive: true })
  writeFileSync(REPORT, `${JSON.stringify({ seed, judged }, undefined, 1)}\n`)
  return count('FAIL', 'WARN', 'TEST') === mutants.length ? 0 : 1
}

async function judge(copy: WorkingCopy, mutant: GeneratedMutant, withTests: boolean): Promise<Ended> {
  const text = mutated(mutant)
  if (text === undefined) return { ending: 'NOT RUN', by: ['the changed file cannot be parsed'] }
  return copy.withText(mutant.file, text, async () => {
    const near = featuresFor(mutant.file)
    const result = await copy.scenarios([
      ...['--sut', mutant.side, '--until-failure'],
      ...(near.length === 0 ? [] : ['--first', ...near]),
    ])
    const failed = killersIn(result, ['FAIL'])
    if (failed.length > 0) return { ending: 'FAIL', by: failed }
    const warned = killersIn(result, ['WARN'])
    if (warned.length > 0) return { ending: 'WARN', by: warned }
    const tests = withTests ? await copy.tests(TESTS[mutant.side]) : []
    const noticed = (tests ?? []).filter(compared)
    if (noticed.length > 0) return { ending: 'TEST', by: noticed.slice(0, 3).map(({ name }) => name) }
    return unnoticed(result, tests)
  })
}

function unnoticed(result: RunResult, tests: readonly FailedTest[] | undefined): Ended {
  const why = withoutVerdict(result) ?? (tests === undefined ? 'the tests ended without a report' : undefined)
  return why === undefined ? { ending: 'SURVIVED', by: [] } : { ending: 'NOT RUN', by: [why] }
}

function compared({ message }: FailedTest): boolean {
  return !CRASH.test(message) && !message.includes('timed out')
}

function lineOf({ mutant, ending, by, seconds }: Judged): string {
  const shown = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 80)
  const { side, operator, file, line, before, after } = mutant
  return (
    `${ending.padEnd(8)} the ${side} ${operator}: ${file}:${String(line)} ` +
    `[${shown(before)}] → [${shown(after)}]${by.length === 0 ? '' : ` by ${by.slice(0, 4).join(' ')}`} (${seconds.toFixed(0)} s)`
  )
}
