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
/** Of one program; a busy machine needs minutes for what an idle one does in seconds. */
const LIMIT_S = 300
/** Lines of its output that the reason of a failure repeats. */
const LAST_LINES = 4
/** Registries fail now and then. */
const TRIES = 3

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

/** @throws Error with its last lines when it does not end with 0; its output is on standard output. */
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
      timeout: LIMIT_S * 1_000,
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
        process.stdout.write(text.replace(/^(?=.)/gm, '  '))
      })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(reasonOf([program, ...args].join(' '), code ?? signal, said)))
    })
  })
}

/** How a program ended, and the last lines that it said. */
export function reasonOf(command: string, ended: number | NodeJS.Signals | null, said: string): string {
  const how = ended === 'SIGTERM' ? `did not end within ${String(LIMIT_S)} s` : `ended with ${String(ended)}`
  const last = said.trim().split('\n').slice(-LAST_LINES).join('\n    ')
  return `${command} ${how}${last === '' ? '' : `\n    ${last}`}`
}

/** Installs or builds, and tries again what fails. @throws Error with the end of what it says. */
export function prepare(folder: string, ...commands: readonly Command[]): void {
  for (const command of commands) prepareOne(folder, command, TRIES)
}

function prepareOne(folder: string, [program, ...args]: Command, tries: number): void {
  const { status, signal, error, stderr, stdout } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status === 0) return
  const why =
    error === undefined
      ? reasonOf([program, ...args].join(' '), status ?? signal, stderr.trim() === '' ? stdout : stderr)
      : `${program} did not start: ${error.message}`
  if (tries === 1) throw new Error(why)
  process.stdout.write(`  once more: ${why}\n`)
  prepareOne(folder, [program, ...args], tries - 1)
}
