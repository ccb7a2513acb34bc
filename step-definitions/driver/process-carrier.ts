/** A driver that is a program: one JSON object a line on its stdin and stdout; what it writes to stderr is noted. */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { OpenCarrier } from './carrier.ts'

/** @param command program and arguments. */
export function processCarrier([program = '', ...rest]: readonly string[]): OpenCarrier {
  return (ears) => {
    const child = spawn(program, rest, { stdio: 'pipe' })
    const exited = new Promise<void>((resolve) => {
      child.on('error', (error) => {
        ears.ended(`the driver cannot be started: ${error.message}`)
        resolve()
      })
      child.on('exit', (code, signal) => {
        ears.ended(`the driver has ended with ${signal ?? `exit code ${String(code)}`}`)
        resolve()
      })
    })
    child.stdin.on('error', () => undefined) // its exit says more
    createInterface(child.stdout).on('line', (line) => {
      ears.line(line)
    })
    createInterface(child.stderr).on('line', (line) => {
      ears.note(line)
    })
    return {
      send: (line) => child.stdin.write(`${line}\n`),
      close() {
        child.stdin.end()
        return exited
      },
      kill: () => child.kill('SIGKILL'),
    }
  }
}
