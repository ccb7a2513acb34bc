/** A driver that is a program: one JSON object per line on stdin and stdout; stderr is kept for reports. */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { OpenTransport } from './driver-transport.ts'

/** @param command program and arguments. */
export function processTransport([program = '', ...rest]: readonly string[]): OpenTransport {
  return (listener) => {
    const child = spawn(program, rest, { stdio: 'pipe' })
    const exited = new Promise<void>((resolve) => {
      child.on('error', (error) => {
        listener.ended(`the driver cannot be started: ${error.message}`)
        resolve()
      })
      child.on('exit', (code, signal) => {
        listener.ended(`the driver ended with ${signal ?? `exit code ${String(code)}`}`)
        resolve()
      })
    })
    child.stdin.on('error', () => undefined) // the exit code has the reason
    createInterface(child.stdout).on('line', (line) => {
      listener.line(line)
    })
    createInterface(child.stderr).on('line', (line) => {
      listener.note(line)
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
