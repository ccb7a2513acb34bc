/** `mock-iot-hub tail` on the command line; `tail.ts` reads the stream. */

import { readFile } from 'node:fs/promises'
import type { Terminal } from '../terminal.ts'
import { authorization, dialOf, runningHub, type ControlFlags } from '../running-hub.ts'
import { onStopSignal } from '../stop-signals.ts'
import { tail } from './tail.ts'

export interface TailFlags extends ControlFlags {
  readonly device?: string
  readonly source?: string
  readonly all: boolean
  readonly json: boolean
}

/** Prints until the hub stops or a signal arrives. */
export async function printTail(flags: TailFlags, terminal: Terminal): Promise<void> {
  const stopped = new AbortController()
  onStopSignal(terminal, () => {
    stopped.abort()
  })
  const hub = await runningHub(flags)
  const lines = tail({
    dial: dialOf(hub),
    hostName: hub.hostName,
    authorization: authorization(hub),
    ca: await readFile(hub.caPath, 'utf8'),
    device: flags.device,
    source: flags.source,
    after: flags.all ? 0 : undefined,
    json: flags.json,
    signal: stopped.signal,
  })
  for await (const line of lines) terminal.stdout.write(`${line}\n`)
}
