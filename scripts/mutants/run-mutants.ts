/** Runs mutants against the scenarios of their side, then against the tests, and keeps the score. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { CRASH } from '../../step-definitions/conformance/stop.ts'
import { featuresFor } from './areas.ts'
import { type GeneratedMutant, mutated } from './generated/candidates.ts'
import { killersIn, withoutVerdict } from './killers.ts'
import type { Mutant } from './mutant.ts'
import { type FailedTest, type RunResult, WorkingCopy } from './working-copy.ts'

type Side = GeneratedMutant['side']

/** A mutant that can be made in a working copy. */
export interface Broken {
  readonly id: string
  readonly side: Side
  /** What is wrong, and where. */
  readonly what: string
  /** The first file that it changes. */
  readonly file: string
  /** Runs `look` on the broken copy. @returns its result; undefined: the changed file cannot be parsed. */
  readonly within: <Result>(copy: WorkingCopy, look: () => Promise<Result>) => Promise<Result> | undefined
}

/** How a mutant ended: killed at level FAIL, only warned about, killed by a test, not noticed, or not run. */
type Ending = 'FAIL' | 'WARN' | 'TEST' | 'SURVIVED' | 'NOT RUN'

interface Ended {
  readonly ending: Ending
  /** The requirements or tests that noticed it, or why there is no verdict. */
  readonly by: readonly string[]
}

interface Judged extends Ended {
  readonly mutant: Broken
  readonly seconds: number
}

export interface MutantRun {
  readonly mutants: readonly Broken[]
  /** Where the mutants come from, for the score. */
  readonly source: string
  readonly withTests: boolean
  readonly workers: number
  readonly say: (line: string) => void
}

const TESTS: Readonly<Record<Side, readonly string[]>> = { hub: ['mock-hub'], client: ['reference-client'] }
const REPORT = 'reports/mutants.json'

export function brokenBy(mutant: GeneratedMutant): Broken {
  const { id, side, operator, file, line, before, after } = mutant
  const shown = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 80)
  return {
    ...{ id, side, file },
    what: `${operator}: ${file}:${String(line)} [${shown(before)}] → [${shown(after)}]`,
    within: (copy, look) => {
      const text = mutated(mutant)
      return text === undefined ? undefined : copy.withText(file, text, look)
    },
  }
}

export function brokenByHand(mutant: Mutant): Broken {
  const { id, what, edits } = mutant
  const side = id.startsWith('C') ? 'client' : 'hub'
  return { id, side, what, file: edits[0]?.file ?? '', within: (copy, look) => copy.with(mutant, look) }
}

/** @returns the exit code: 0 when every mutant ran and was killed. */
export async function runMutants({ mutants, source, withTests, workers, say }: MutantRun): Promise<number> {
  const copies = Array.from({ length: workers }, () => new WorkingCopy())
  const queue = [...mutants]
  const judged: Judged[] = []
  try {
    await Promise.all(
      copies.map(async (copy) => {
        for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
          const startedMs = performance.now()
          let ended = await judge(copy, mutant, withTests)
          // A busy machine is no property of the mutant.
          if (ended.ending === 'NOT RUN') ended = await judge(copy, mutant, withTests)
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
  const seconds = judged.reduce((sum, one) => sum + one.seconds, 0)
  say(
    `${source}: ${String(ran)} of ${String(mutants.length)} mutants ran; ` +
      `scenarios killed ${String(count('FAIL'))} with FAIL (${share(count('FAIL'))}) and warned of ${String(count('WARN'))}; ` +
      `${withTests ? `tests killed ${String(count('TEST'))} more; ` : ''}${String(count('SURVIVED'))} survived; ` +
      `${(seconds / Math.max(1, judged.length)).toFixed(1)} s for a mutant`,
  )
  mkdirSync('reports', { recursive: true })
  writeFileSync(REPORT, `${JSON.stringify({ source, judged }, undefined, 1)}\n`)
  return count('FAIL', 'WARN', 'TEST') === mutants.length ? 0 : 1
}

async function judge(copy: WorkingCopy, mutant: Broken, withTests: boolean): Promise<Ended> {
  const ended = await mutant.within(copy, async (): Promise<Ended> => {
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
  return ended ?? { ending: 'NOT RUN', by: ['the changed file cannot be parsed'] }
}

function unnoticed(result: RunResult, tests: readonly FailedTest[] | undefined): Ended {
  const why = withoutVerdict(result) ?? (tests === undefined ? 'the tests ended without a report' : undefined)
  return why === undefined ? { ending: 'SURVIVED', by: [] } : { ending: 'NOT RUN', by: [why] }
}

function compared({ message }: FailedTest): boolean {
  return !CRASH.test(message) && !message.includes('timed out')
}

function lineOf({ mutant: { id, side, what }, ending, by, seconds }: Judged): string {
  const name = id.startsWith('G') ? '' : `${id} `
  const killers = by.length === 0 ? '' : ` by ${by.slice(0, 4).join(' ')}`
  return `${ending.padEnd(8)} ${name}the ${side} ${what}${killers} (${seconds.toFixed(0)} s)`
}
