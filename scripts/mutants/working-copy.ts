/** A copy of the tree in which mutants are made, tested and reverted, one after another. The tree itself never changes. */

import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import type { Results } from '../../step-definitions/conformance/results.ts'
import type { Mutant } from './mutant.ts'

const COPIED = [
  ...['mock-hub', 'reference-client', 'step-definitions', 'features', 'certs', 'scripts'],
  ...['package.json', 'tsconfig.json', 'vitest.config.ts'],
]

/** The limit of one run in real time. */
const RUN_LIMIT_MS = 1_200_000

/** The part of the suite's results that is read. */
export interface RunResult {
  /** Why the run says nothing; undefined: everything planned ran. */
  readonly notRun?: string
  readonly records: readonly {
    readonly requirement: string
    readonly verdict: string
    readonly scenarios: readonly { readonly verdict: string; readonly message?: string }[]
  }[]
}

/** A unit or adapter test that failed. */
export interface FailedTest {
  readonly name: string
  readonly message: string
}

export class WorkingCopy {
  readonly #folder: string

  constructor() {
    mkdirSync('reports', { recursive: true })
    this.#folder = mkdtempSync(resolve('reports/mutants-'))
    for (const name of COPIED) cpSync(name, join(this.#folder, name), { recursive: true })
    symlinkSync(resolve('node_modules'), join(this.#folder, 'node_modules'))
  }

  /**
   * Runs `look` with the mutant in the copy, and then reverts the mutant.
   * @returns the result of `look`.
   * @throws Error if an edit no longer matches the source: the mutant must be updated.
   */
  async with<Result>(mutant: Pick<Mutant, 'id' | 'edits'>, look: () => Promise<Result>): Promise<Result> {
    const before = new Map<string, string>()
    try {
      for (const { file, find, replace } of mutant.edits) {
        const path = join(this.#folder, file)
        const text = readFileSync(path, 'utf8')
        const times = text.split(find).length - 1
        if (times !== 1)
          throw new Error(
            `${mutant.id}: ${file} contains its fragment ${String(times)} times instead of once: ${find.trim()}`,
          )
        if (!before.has(path)) before.set(path, text)
        writeFileSync(
          path,
          text.replace(find, () => replace),
        )
      }
      return await look()
    } finally {
      for (const [path, text] of before) writeFileSync(path, text)
    }
  }

  /** Runs `look` with another text of one file, and then reverts it. @returns the result of `look`. */
  async withText<Result>(file: string, text: string, look: () => Promise<Result>): Promise<Result> {
    const path = join(this.#folder, file)
    const before = readFileSync(path, 'utf8')
    try {
      writeFileSync(path, text)
      return await look()
    } finally {
      writeFileSync(path, before)
    }
  }

  /** Runs scenarios on the current copy. @param selection flags of `iot-hub-conformance run`. */
  async scenarios(selection: readonly string[]): Promise<RunResult> {
    const results = join(this.#folder, 'reports/results.json')
    rmSync(results, { force: true })
    const suite = ['--no-warnings', '--import=tsx', 'step-definitions/conformance/main.ts', 'run']
    // The mutants themselves run side by side.
    const end = await this.#node([...suite, '--workers', '1', ...selection])
    if (!existsSync(results)) return { notRun: `the run ended with ${end} and without results`, records: [] }
    const { planned, ran, records } = JSON.parse(readFileSync(results, 'utf8')) as Results // the runner's own
    return {
      records,
      ...(planned > 0 && ran === planned
        ? {}
        : { notRun: `${String(ran)} of ${String(planned)} scenarios ran` }),
    }
  }

  /** Runs the scenarios at these places, in their order. @param flags of `iot-hub-conformance run`. */
  scenariosAt(places: readonly string[], flags: readonly string[]): Promise<RunResult> {
    const list = join(this.#folder, 'reports/scenarios.txt')
    mkdirSync(join(this.#folder, 'reports'), { recursive: true })
    writeFileSync(list, places.join('\n'))
    return this.scenarios(['--scenarios', list, ...flags])
  }

  /**
   * Runs the unit and adapter tests of one folder on the current copy.
   * @param names only tests whose name contains one of these. @default all
   * @returns the tests that failed; undefined: the run ended without a report.
   */
  async tests(
    folders: string | readonly string[],
    names: readonly string[] = [],
  ): Promise<readonly FailedTest[] | undefined> {
    const report = join(this.#folder, 'reports/vitest.json') // see vitest.config.ts
    rmSync(report, { force: true })
    // Some mutants leave tests and hooks waiting; a time-out is no verdict (killers.ts).
    const timeouts = ['--testTimeout', '30000', '--hookTimeout', '30000']
    const paths = [folders].flat().map((folder) => `${folder}/`)
    const chosen = names.length === 0 ? [] : ['--testNamePattern', names.join('|')]
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...paths, '--maxWorkers', '1']
    await this.#node([...vitest, ...timeouts, ...chosen])
    if (!existsSync(report)) return undefined
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as TestReport
    return testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({ name: fullName, message: failureMessages.join('\n') }))
  }

  /** Runs Node on the current copy. @returns what it printed. */
  async output(args: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, args, {
      cwd: this.#folder,
      timeout: RUN_LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    return new Promise((settle) => {
      child.once('close', () => {
        settle(text)
      })
    })
  }

  /** @returns how the process ended. */
  async #node(args: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, args, {
      ...{ cwd: this.#folder, stdio: 'ignore' },
      // Some mutants never end; a run that is killed is not a run.
      ...{ timeout: RUN_LIMIT_MS, killSignal: 'SIGKILL' },
    })
    return new Promise((settle) => {
      child.once('error', (error) => {
        settle(error.message)
      })
      child.once('close', (status, signal) => {
        settle(status === null ? `signal ${String(signal)}` : `exit code ${String(status)}`)
      })
    })
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** The part of vitest's report that is read. */
interface TestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}
