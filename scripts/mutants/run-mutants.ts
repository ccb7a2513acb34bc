/** Runs mutants against the scenarios of their side, then against the tests, and keeps the score. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { CRASH } from '../../step-definitions/conformance/stop.ts'
import { loadScenarios, placeOf } from '../../step-definitions/catalogue/scenarios.ts'
import { featuresFor } from './areas.ts'
import { Coverage } from './coverage.ts'
import { functionAt } from './functions.ts'
import { type GeneratedMutant, mutated } from './generated/candidates.ts'
import { killersIn, withoutVerdict } from './killers.ts'
import { type Mutant, sideOf } from './mutant.ts'
import { type FailedTest, type RunResult, WorkingCopy } from './working-copy.ts'

type Side = GeneratedMutant['side']

/** A mutant that can be made in a working copy. */
export interface Broken {
  readonly id: string
  readonly side: Side
  /** What is wrong, and where. */
  readonly what: string
  /** Where it changes the source. */
  readonly places: readonly { readonly file: string; readonly offset: number }[]
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
  const { id, side, operator, file, line, before, after, change } = mutant
  const shown = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 80)
  return {
    ...{ id, side, places: [{ file, offset: change.start }] },
    what: `${operator}: ${file}:${String(line)} [${shown(before)}] → [${shown(after)}]`,
    within: (copy, look) => {
      const text = mutated(mutant)
      return text === undefined ? undefined : copy.withText(file, text, look)
    },
  }
}

export function brokenByHand(mutant: Mutant): Broken {
  const { id, what, edits } = mutant
  const side = sideOf(mutant)
  const places = edits.map(({ file, find }) => {
    const at = readFileSync(file, 'utf8').indexOf(find)
    return { file, offset: at + (/\S/.exec(find)?.index ?? 0) }
  })
  return { id, side, what, places, within: (copy, look) => copy.with(mutant, look) }
}

/** @returns the exit code: 0 when every mutant ran and was killed. */
export async function runMutants({ mutants, source, withTests, workers, say }: MutantRun): Promise<number> {
  const copies = Array.from({ length: workers }, () => new WorkingCopy())
  const selection = new Selection(Coverage.read(say))
  const queue = [...mutants]
  const judged: Judged[] = []
  try {
    await Promise.all(
      copies.map(async (copy) => {
        for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
          const startedMs = performance.now()
          const look = (one: Broken): Promise<Ended> => judge(copy, one, selection.of(one), withTests)
          let ended = await look(mutant)
          // A busy machine is no property of the mutant.
          if (ended.ending === 'NOT RUN') ended = await look(mutant)
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

/** The scenarios that can notice a mutant: those of its side that run a function that it changes. */
class Selection {
  readonly #coverage: Coverage
  readonly #places: Readonly<Record<Side, readonly string[]>>

  constructor(coverage: Coverage) {
    this.#coverage = coverage
    const scenarios = loadScenarios()
    const of = (side: Side): readonly string[] =>
      scenarios.filter(({ tags }) => tags.includes(`@sut:${side}`)).map(placeOf)
    this.#places = { client: of('client'), hub: of('hub') }
  }

  /** Places of scenarios, those of features near the change first. */
  of({ side, places }: Broken): readonly string[] {
    const reached = places.map(({ file, offset }) =>
      this.#coverage.scenariosOf(file, functionAt(file, readFileSync(file, 'utf8'), offset)),
    )
    const wanted = new Set(reached.flatMap((some) => some ?? this.#places[side]))
    const near = places.flatMap(({ file }) => featuresFor(file))
    const isNear = (place: string): boolean => near.some((part) => place.includes(part))
    const chosen = this.#places[side].filter((place) => wanted.has(place))
    return [...chosen.filter(isNear), ...chosen.filter((place) => !isNear(place))]
  }
}

async function judge(
  copy: WorkingCopy,
  mutant: Broken,
  places: readonly string[],
  withTests: boolean,
): Promise<Ended> {
  const ended = await mutant.within(copy, async (): Promise<Ended> => {
    const result = places.length === 0 ? UNREACHED : await copy.scenariosAt(places, ['--until-failure'])
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

/** No scenario runs the changed function: none can notice it. */
const UNREACHED: RunResult = {
  records: [{ requirement: 'none', verdict: 'PASS', scenarios: [] }],
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
