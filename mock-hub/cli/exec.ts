/** `mock-iot-hub exec -- COMMAND`: a hub for as long as a command runs. */

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Flags } from './flags.ts'
import type { Terminal } from './terminal.ts'
import { startHub } from './start-hub.ts'
import { UsageError } from './usage-error.ts'

/** What a shell adds to the number of the signal that ended a command. */
const SIGNALLED = 128
/** What shells answer for a command that is not there, or that may not be run. */
const CANNOT: Readonly<Record<string, { readonly code: number; readonly why: string }>> = {
  ENOENT: { code: 127, why: 'there is no command' },
  EACCES: { code: 126, why: 'there is no command that you may run called' },
}

/** @returns the command's exit code. */
export async function exec(command: readonly string[], flags: Flags, terminal: Terminal): Promise<number> {
  const [program, ...args] = command
  if (program === undefined) throw new UsageError('exec takes a command after --')
  const say = (line: string): void => {
    if (!flags.quiet) terminal.stderr.write(`mock-iot-hub: ${line}\n`)
  }
  const hub = await startHub(flags, say, { logger: { info: say, warn: say } })
  try {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...terminal.env, ...hub.environment } })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) terminal.once(signal, () => child.kill(signal))
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        const cannot = CANNOT[error.code ?? '']
        if (cannot === undefined) reject(error)
        else {
          terminal.stderr.write(`mock-iot-hub: exec: ${cannot.why} ${program}\n`)
          resolve(cannot.code)
        }
      })
      child.once('exit', (code, signal) => {
        resolve(code ?? SIGNALLED + (signal === null ? 0 : constants.signals[signal]))
      })
    })
  } finally {
    await hub.stop()
  }
}
