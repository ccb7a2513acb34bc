/** What asks a command to stop: a signal, or the end of the npm that started it. */

import { HubClock } from '../base/clock.ts'
import type { Terminal } from './terminal.ts'

const POLL_MS = 250
/** A script of npm, or what npx runs, that is this command and waits for it. */
const THIS_COMMAND = /\bmock-iot-hub\b|\bscripts\/hub\.js\b/
const IN_BACKGROUND = /(^|[^&])&([^&]|$)/

/** Read when the process starts: npm may end before a hub is ready. */
const shell = process.ppid

/**
 * Calls `stop` when the process is asked to stop, with the reason and the signal that says the same to a child.
 *
 * npm and npx run a command below a shell. They hand SIGTERM on to the shell, which dies without handing it on: a test that
 * ends `npx mock-iot-hub` would leave the hub behind, on its ports. A command of npm therefore stops with its shell.
 */
export function onStopSignal(
  terminal: Terminal,
  stop: (reason: string, signal: NodeJS.Signals) => void,
): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    terminal.once(signal, () => {
      stop(signal, signal)
    })
  const script = terminal.env['npm_lifecycle_script'] ?? ''
  if (!THIS_COMMAND.test(script) || IN_BACKGROUND.test(script)) return
  const clock = new HubClock()
  const look = (): void => {
    if (terminal.ppid === shell) clock.schedule(POLL_MS, look)
    else stop('npm has ended', 'SIGTERM')
  }
  look()
}
