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
import type { Mutant } from './mutant.ts'

const COPIED = [
  ...['mock-hub', 'reference-client', 'step-definitions', 'features', 'certs'],
  ...['package.json', 'tsconfig.json', 'vitest.config.ts'],
]

/** The part of the suite's results that is read. */
export interface RunResult {
  readonly code: number
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
  async with<Result>(mutant: Mutant, look: () => Promise<Result>): Promise<Result> {
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

  /** Runs scenarios on the current copy. @param selection flags of `iot-hub-conformance run`. */
  async scenarios(selection: readonly string[]): Promise<RunResult> {
    const results = join(this.#folder, 'reports/results.json')
    rmSync(results, { force: true })
    const suite = ['--no-warnings', '--import=tsx', 'step-definitions/conformance/main.ts', 'run']
    const code = await this.#node([...suite, ...selection])
    try {
      return { code, records: (JSON.parse(readFileSync(results, 'utf8')) as RunResult).records }
    } catch {
      return { code, records: [] }
    }
  }

  /**
   * Runs the unit and adapter tests of one folder on the current copy.
   * @param names only tests whose name contains one of these. @default all
   * @returns the tests that failed.
   */
  async tests(folder: string, names: readonly string[] = []): Promise<readonly FailedTest[]> {
    const report = join(this.#folder, 'reports/vitest.json') // see vitest.config.ts
    rmSync(report, { force: true })
    // Short time-outs, because some mutants leave tests and hooks waiting.
    const timeouts = ['--testTimeout', '2500', '--hookTimeout', '2500']
    const chosen = names.length === 0 ? [] : ['--testNamePattern', names.join('|')]
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', `${folder}/`, '--maxWorkers', '1']
    await this.#node([...vitest, ...timeouts, ...chosen])
    if (!existsSync(report)) return [] // vitest ended without a report
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as TestReport
    return testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({ name: fullName, message: failureMessages.join('\n') }))
  }

  async #node(args: readonly string[]): Promise<number> {
    const child = spawn(process.execPath, args, {
      ...{ cwd: this.#folder, stdio: 'ignore' },
      // Some mutants never end.
      ...{ timeout: 240_000, killSignal: 'SIGKILL' },
    })
    return new Promise((settle) => {
      child.once('close', (status) => {
        settle(status ?? 1)
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
