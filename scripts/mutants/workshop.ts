/** A copy of the tree in which one mutant after the other is made, tried and mended. The tree itself is never touched. */

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

/** What a run of the suite says, as far as it is looked at. */
export interface RunResult {
  readonly code: number
  readonly records: readonly {
    readonly requirement: string
    readonly verdict: string
    readonly scenarios: readonly { readonly verdict: string; readonly message?: string }[]
  }[]
}

/** A unit or border test that failed. */
export interface FailedTest {
  readonly name: string
  readonly message: string
}

export class Workshop {
  readonly #folder: string

  constructor() {
    mkdirSync('reports', { recursive: true })
    this.#folder = mkdtempSync(resolve('reports/mutants-'))
    for (const name of COPIED) cpSync(name, join(this.#folder, name), { recursive: true })
    symlinkSync(resolve('node_modules'), join(this.#folder, 'node_modules'))
  }

  /**
   * What `look` sees while the mutant stands.
   * @throws Error when an edit does not fit the source any more: the mutant must be brought up to date.
   */
  async with<Seen>(mutant: Mutant, look: () => Promise<Seen>): Promise<Seen> {
    const before = new Map<string, string>()
    try {
      for (const { file, find, replace } of mutant.edits) {
        const path = join(this.#folder, file)
        const text = readFileSync(path, 'utf8')
        const times = text.split(find).length - 1
        if (times !== 1)
          throw new Error(
            `${mutant.id}: ${file} holds its fragment ${String(times)} times, not once: ${find.trim()}`,
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

  /** Runs scenarios on the copy as it is. @param selection flags of `iot-hub-conformance run`. */
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
   * Runs the unit and border tests of one folder on the copy as it is.
   * @param names only tests whose name holds one of these. @default all
   * @returns those that failed.
   */
  async tests(folder: string, names: readonly string[] = []): Promise<readonly FailedTest[]> {
    const report = join(this.#folder, 'reports/vitest.json') // see vitest.config.ts
    rmSync(report, { force: true })
    // Where a mutant leaves tests and hooks waiting, waiting less finds out sooner.
    const patience = ['--testTimeout', '2500', '--hookTimeout', '2500']
    const chosen = names.length === 0 ? [] : ['--testNamePattern', names.join('|')]
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', `${folder}/`, '--maxWorkers', '1']
    await this.#node([...vitest, ...patience, ...chosen])
    if (!existsSync(report)) return [] // ended before it could tell
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as TestReport
    return testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({ name: fullName, message: failureMessages.join('\n') }))
  }

  async #node(args: readonly string[]): Promise<number> {
    const child = spawn(process.execPath, args, {
      ...{ cwd: this.#folder, stdio: 'ignore' },
      // Some mutants leave something waiting for ever.
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
