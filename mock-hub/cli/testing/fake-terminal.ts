/** The command line in this process; for tests. */

import { EventEmitter } from 'node:events'
import { dirname } from 'node:path'
import { PassThrough } from 'node:stream'
import { run } from '../program.ts'
import type { Terminal } from '../terminal.ts'

/** A fake process: records what it writes and can receive signals. */
export function terminal(): Terminal & {
  out: string
  err: string
  readonly signals: EventEmitter
  /** A command has begun to wait for a signal. */
  readonly listens: Promise<unknown>
  /** A hub has said that it is ready. */
  readonly ready: Promise<void>
} {
  const signals = new EventEmitter()
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const made = {
    ...{
      out: '',
      err: '',
      signals,
      stdout,
      stderr,
      listens: new Promise((resolve) => signals.once('newListener', resolve)),
    },
    // A single folder: an unreadable folder in the real PATH would change the error of exec.
    env: { PATH: dirname(process.execPath) },
    uptime: () => 0.25,
    once: (name: string, listener: () => void) => signals.once(name, listener),
  }
  const ready = new Promise<void>((resolve) => {
    stdout.on('data', (text: Buffer) => {
      made.out += text.toString()
      if (made.out.includes('mock-iot-hub is ready')) resolve()
    })
  })
  stderr.on('data', (text: Buffer) => (made.err += text.toString()))
  return Object.assign(made, { ready }) as unknown as ReturnType<typeof terminal> // the few members that commands use
}

/** Runs the command to its end. */
export async function called(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const at = terminal()
  const code = await run(args, at)
  return { code, out: at.out, err: at.err }
}
