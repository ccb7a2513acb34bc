/** A hub that npm started, through the real command line and a shell that dies as npm's does. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { onStopSignal } from './stop-signals.ts'
import type { Terminal } from './terminal.ts'

const HUB = join(import.meta.dirname, '../../scripts/hub.js')
const directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-npm-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})
const ANY_PORTS = [
  ...['--mqtt-port', '0', '--https-port', '0', '--amqp-port', '0', '--control-port', '0'],
  ...['--dir', directory],
]

/** Starts the command below a shell, as npm does. @returns once it has printed something. */
async function belowShell(args: readonly string[], script: string) {
  // The shell does not become the command: something comes after it.
  const line = `${[process.execPath, HUB, ...args].map((word) => `'${word}'`).join(' ')}; true`
  const shell = spawn('sh', ['-c', line], {
    env: { ...process.env, npm_lifecycle_script: script },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  shell.stdout.on('data', (text: Buffer) => (out += text.toString()))
  await once(shell.stdout, 'data')
  // The last process that writes there has ended.
  const closed = once(shell.stdout, 'close').then(() => out)
  return { shell, closed, pid: () => Number(/"pid":(\d+)/.exec(out)?.[1]) }
}

// Its words stand in single quotes of a shell.
const NEVER_ENDS =
  'console.log(JSON.stringify({ pid: process.pid })); require("node:net").createServer().listen(0, "127.0.0.1")'

describe.skipIf(process.platform === 'win32')('a command that npm started', () => {
  test('stops when the shell of npm is ended', { timeout: 60_000 }, async () => {
    const { shell, closed } = await belowShell([...ANY_PORTS, '--device', 'd'], 'mock-iot-hub "--device" "d"')
    shell.kill('SIGTERM')
    expect(await closed).toMatch(/npm has ended: stopping/)
  })

  test('exec ends its command as well', { timeout: 60_000 }, async () => {
    const args = ['exec', ...ANY_PORTS, '--', process.execPath, '-e', NEVER_ENDS]
    const { shell, closed, pid } = await belowShell(args, 'mock-iot-hub "exec"')
    shell.kill('SIGTERM')
    await closed
    expect(() => process.kill(pid(), 0)).toThrow('ESRCH')
  })

  test.each([
    ['mock-iot-hub "--device" "d"', 1],
    ['node scripts/hub.js', 1],
    ['mock-iot-hub exec -- a && b', 1],
    // The hub is meant to outlive the script.
    ['mock-iot-hub --device d & sleep 1', 0],
    ['node my-tests.js', 0],
    [undefined, 0],
  ])('npm runs %s: its shell is watched %i times at first', (script, times) => {
    let read = 0
    const terminal = {
      env: { npm_lifecycle_script: script },
      once: () => undefined,
      get ppid() {
        return ++read
      },
    }
    onStopSignal(terminal as unknown as Terminal, () => undefined)
    expect(read).toBe(times)
  })
})
