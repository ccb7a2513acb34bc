/** `mock-iot-hub exec -- COMMAND`: runs a hub for as long as a command runs. */

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Flags } from '../flags.ts'
import type { Terminal } from '../terminal.ts'
import { startHub } from '../start-hub.ts'
import { UsageError } from '../usage-error.ts'

/** A shell adds this to the number of the signal that ended a command. */
const SIGNAL_BASE = 128
/** Exit codes of shells for a command that does not exist, or that is not executable. */
const SPAWN_ERRORS: ReadonlyMap<string, { readonly code: number; readonly reason: string }> = new Map([
  ['ENOENT', { code: 127, reason: 'command not found' }],
  ['EACCES', { code: 126, reason: 'permission denied' }],
])

/** @returns the command's exit code. */
export async function exec(command: readonly string[], flags: Flags, terminal: Terminal): Promise<number> {
  const [program, ...args] = command
  if (program === undefined) throw new UsageError('exec: expected a command after --')
  const say = (line: string): void => {
    if (!flags.quiet) terminal.stderr.write(`mock-iot-hub: ${line}\n`)
  }
  const hub = await startHub(flags, say, { logger: { info: say, warn: say } })
  try {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...terminal.env, ...hub.environment } })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) terminal.once(signal, () => child.kill(signal))
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        const known = SPAWN_ERRORS.get(error.code ?? '')
        if (known === undefined) reject(error)
        else {
          terminal.stderr.write(`mock-iot-hub: exec: ${program}: ${known.reason}\n`)
          resolve(known.code)
        }
      })
      child.once('exit', (code, signal) => {
        resolve(code ?? SIGNAL_BASE + (signal === null ? 0 : constants.signals[signal]))
      })
    })
  } finally {
    await hub.stop()
  }
}
