/** Runs the programs of an example. */

import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export const ROOT = join(import.meta.dirname, '../..')
export type Command = readonly [program: string, ...args: string[]]
/** Loads TypeScript, for the hub of this checkout. */
const TSX = pathToFileURL(join(ROOT, 'node_modules/tsx/dist/loader.mjs')).href
/** The command `mock-iot-hub` of this checkout. */
export const HUB_COMMAND: Command = [process.execPath, join(ROOT, 'scripts/hub.js')]
export const NODE_WITH_HUB: Command = [process.execPath, '--import', TSX]
const LIMIT_MS = 120_000

/** Runs programs at the same time. @throws Error when one does not end with 0. */
export async function runAll(
  programs: readonly Command[],
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const results = await Promise.allSettled(programs.map((command) => runOne(command, folder, variables)))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** @throws Error when it does not end with 0; its output is on standard output. */
export function runOne(
  [program, ...args]: Command,
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, MOCK_IOT_HUB: HUB_COMMAND.join(' '), ...variables },
      timeout: LIMIT_MS,
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => process.stdout.write(text.toString().replace(/^(?=.)/gm, '  ')))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`${[program, ...args].join(' ')} ended with ${String(code ?? signal)}`))
    })
  })
}

/** Installs or builds. @throws Error with the end of what it says. */
export function prepare(folder: string, ...commands: readonly Command[]): void {
  for (const [program, ...args] of commands) {
    const { status, stderr, stdout } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${(stderr || stdout).slice(-800)}`)
  }
}
