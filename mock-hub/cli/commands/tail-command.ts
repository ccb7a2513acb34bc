/** `mock-iot-hub tail` on the command line; `tail.ts` reads the stream. */

import { readFile } from 'node:fs/promises'
import type { Terminal } from '../terminal.ts'
import { authorization, runningHub } from '../running-hub.ts'
import { tail } from '../tail.ts'

export interface TailFlags {
  readonly control: string
  readonly device?: string
  readonly source?: string
  readonly all: boolean
  readonly json: boolean
}

/** Prints until the hub stops or a signal arrives. */
export async function printTail(flags: TailFlags, terminal: Terminal): Promise<void> {
  const hub = await runningHub(flags.control)
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    terminal.once(signal, () => {
      stopped.abort()
    })
  const lines = tail({
    url: `https://${hub.hostName}:${String(hub.httpsPort)}`,
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
