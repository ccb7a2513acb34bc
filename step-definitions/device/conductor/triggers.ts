/** Triggers outside the hub: a command on the bench, a program that is the device, or a person. */

import { spawn, type ChildProcess } from 'node:child_process'
import type { Clock } from 'mock-iot-hub'
import type { Trigger, TriggerName } from '../file/device-file.ts'

export interface Pulled {
  readonly kind: string
  readonly ok: boolean
  readonly text?: string
}

/** Pulls a trigger of the kinds `shell`, `process` and `person`. */
export type Puller = (name: TriggerName, trigger: Trigger, signal: AbortSignal) => Promise<Pulled>

/** Asks a person. @returns `done`, or why not. */
export type Ask = (
  text: string,
  seconds: number,
  signal: AbortSignal,
) => Promise<'done' | 'skipped' | 'failed'>

const SHELL_SECONDS = 60
const PERSON_SECONDS = 120

export interface Hand {
  readonly pull: Puller
  /** Ends the program that is the device. */
  stop(): void
}

/**
 * @param ask undefined: nobody is there (`--no-person`).
 * @param env what the device is given, for its program and for commands.
 * @param log hears what the program says.
 */
export function benchHand(
  clock: Clock,
  ask: Ask | undefined,
  env: Readonly<Record<string, string>>,
  log: (line: string) => void = () => undefined,
): Hand {
  let child: ChildProcess | undefined
  const stop = (): void => {
    const { pid } = child ?? {}
    child = undefined
    if (pid === undefined) return
    try {
      // A shell may have started others: the whole group ends.
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  const start = (command: string): Pulled => {
    stop()
    const own = spawn(command, {
      ...{ shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] as const },
      env: { ...process.env, ...env },
    })
    child = own
    own.on('error', (error) => {
      log(error.message)
    })
    for (const stream of [own.stdout, own.stderr])
      stream.on('data', (chunk: Buffer) => {
        for (const line of chunk.toString().split('\n')) if (line !== '') log(line)
      })
    return { kind: 'process', ok: own.pid !== undefined }
  }
  const pull: Puller = async (_name, trigger, signal) => {
    if ('shell' in trigger) return shell(trigger.shell, clock, env)
    if ('process' in trigger) return start(trigger.process)
    if ('person' in trigger) {
      if (ask === undefined) return { kind: 'person', ok: false, text: 'nobody is there' }
      const answer = await ask(trigger.person, PERSON_SECONDS, signal)
      return { kind: 'person', ok: answer === 'done', ...(answer === 'done' ? {} : { text: answer }) }
    }
    throw new RangeError('a trigger is a command, a program or a person here')
  }
  return { pull, stop }
}

function shell(command: string, clock: Clock, env: Readonly<Record<string, string>>): Promise<Pulled> {
  return new Promise((resolve) => {
    const child = spawn(command, {
      ...{ shell: true, stdio: ['ignore', 'ignore', 'pipe'] as const },
      env: { ...process.env, ...env },
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-500)))
    const cancel = clock.schedule(SHELL_SECONDS * 1000, () => {
      child.kill()
      resolve({ kind: 'shell', ok: false, text: `it ran longer than ${String(SHELL_SECONDS)} s` })
    })
    child.once('error', (error) => {
      cancel()
      resolve({ kind: 'shell', ok: false, text: error.message })
    })
    child.once('exit', (code) => {
      cancel()
      resolve({
        kind: 'shell',
        ok: code === 0,
        ...(code === 0 ? {} : { text: `exit code ${String(code)} ${said}`.trim() }),
      })
    })
  })
}
