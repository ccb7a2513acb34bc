/** A copy of the tree in which one mutant after the other is made, tried and mended. The tree itself is never touched. */

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Mutant } from './mutant.ts'

const COPIED = [
  'mock-hub',
  'reference-client',
  'step-definitions',
  'features',
  'package.json',
  'tsconfig.json',
]

/** What a run says, as far as it is looked at. */
export interface RunResult {
  readonly code: number
  readonly records: readonly {
    readonly requirement: string
    readonly verdict: string
    readonly scenarios: readonly { readonly verdict: string; readonly message?: string }[]
  }[]
}

export class Workshop {
  readonly #folder: string

  constructor() {
    mkdirSync('reports', { recursive: true })
    this.#folder = mkdtempSync(resolve('reports/mutants-'))
    for (const name of COPIED) cpSync(name, join(this.#folder, name), { recursive: true })
    symlinkSync(resolve('node_modules'), join(this.#folder, 'node_modules'))
  }

  /** @throws Error when an edit does not fit the source any more: the mutant must be brought up to date. */
  async try(mutant: Mutant, requirements: readonly string[]): Promise<RunResult> {
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
      return await this.run(requirements)
    } finally {
      for (const [path, text] of before) writeFileSync(path, text)
    }
  }

  /** Runs the scenarios of these requirements on the copy as it is. */
  async run(requirements: readonly string[]): Promise<RunResult> {
    const results = join(this.#folder, 'reports/results.json')
    rmSync(results, { force: true })
    const args = ['--no-warnings', '--import=tsx', 'step-definitions/conformance/main.ts', 'run']
    const child = spawn(process.execPath, [...args, '--requirement', ...requirements], {
      cwd: this.#folder,
      stdio: 'ignore',
    })
    const code = await new Promise<number>((settle) => {
      child.once('close', (status) => {
        settle(status ?? 1)
      })
    })
    try {
      return { code, records: (JSON.parse(readFileSync(results, 'utf8')) as RunResult).records }
    } catch {
      return { code, records: [] }
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
