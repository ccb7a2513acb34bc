/** `mock-iot-hub exec -- COMMAND`: runs a hub for as long as a command runs. */

import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { resolve as resolvePath } from 'node:path'
import { deviceAuthority } from '../device-authority.ts'
import type { Flags } from '../flags.ts'
import { enter, isInside, runInside, spawnInside, trustEverywhere } from '../isolation.ts'
import type { Terminal } from '../terminal.ts'
import { startHub } from '../start-hub.ts'
import { onStopSignal } from '../stop-signals.ts'
import { UsageError } from '../usage-error.ts'

export interface ExecFlags extends Flags {
  readonly isolated: boolean
}

/** A shell adds this to the number of the signal that ended a command. */
const SIGNAL_BASE = 128
/** Exit codes of shells for a command that does not exist, or that is not executable. */
const SPAWN_ERRORS: ReadonlyMap<string, { readonly code: number; readonly reason: string }> = new Map([
  ['ENOENT', { code: 127, reason: 'command not found' }],
  ['EACCES', { code: 126, reason: 'permission denied' }],
])

/**
 * @param line the whole command line, to run it again in namespaces.
 * @returns the command's exit code.
 * @throws UsageError for a wrong command line; PortError for a port that is taken; IsolationError.
 */
export async function exec(
  command: readonly string[],
  flags: ExecFlags,
  terminal: Terminal,
  line: readonly string[],
): Promise<number> {
  const [program, ...args] = command
  if (program === undefined) throw new UsageError('exec: expected a command after --')
  const stop = new StopSignal(terminal)
  if (flags.isolated && !isInside(terminal))
    return ended(runInside(line, terminal), 'unshare', terminal, stop)
  if (flags.isolated) enter(flags.hostname, flags.listen)
  const say = (text: string): void => {
    if (!flags.quiet) terminal.stderr.write(`mock-iot-hub: ${text}\n`)
  }
  const devices = await deviceAuthority(resolvePath(flags.dir))
  const hub = await startHub(flags, say, {
    logger: { info: say, warn: say },
    // The command may read the CA at once.
    rsaCertificate: true,
    deviceAuthorities: [devices.cert],
    takenIsError: true,
  })
  try {
    if (flags.isolated && hub.caBundlePath !== undefined) trustEverywhere(hub.caBundlePath)
    if (stop.received !== undefined) return codeOf(stop.received)
    const env = { ...terminal.env, ...hub.environment, ...devices.environment }
    const child = flags.isolated
      ? spawnInside(program, args, env)
      : spawn(program, args, { stdio: 'inherit', env })
    return await ended(child, program, terminal, stop)
  } finally {
    await hub.stop()
  }
}

/** The signal that asks to stop: for the command, or before there is one. */
class StopSignal {
  received: NodeJS.Signals | undefined
  handOn: (signal: NodeJS.Signals) => void = () => undefined

  constructor(terminal: Terminal) {
    onStopSignal(terminal, (_reason, signal) => {
      this.received = signal
      this.handOn(signal)
    })
  }
}

/** As a shell says it. */
function codeOf(signal: NodeJS.Signals): number {
  return SIGNAL_BASE + constants.signals[signal]
}

/** Waits for a child process and hands signals on to it. @returns its exit code, as a shell would. */
function ended(child: ChildProcess, program: string, terminal: Terminal, stop: StopSignal): Promise<number> {
  stop.handOn = (signal) => child.kill(signal)
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const known = SPAWN_ERRORS.get(error.code ?? '')
      if (known === undefined) reject(error)
      else {
        terminal.stderr.write(`mock-iot-hub: exec: ${program}: ${known.reason}\n`)
        resolve(known.code)
      }
    })
    child.once('exit', (code, signal) => {
      resolve(code ?? (signal === null ? SIGNAL_BASE : codeOf(signal)))
    })
  })
}
