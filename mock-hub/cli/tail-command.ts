/** `mock-iot-hub tail` at the command line; `tail.ts` reads the stream. */

import { readFile } from 'node:fs/promises'
import type { Terminal } from './terminal.ts'
import { authorization, runningHub } from './running-hub.ts'
import { tail } from './tail.ts'

export interface TailFlags {
  readonly control: string
  readonly device?: string
  readonly source?: string
  readonly all: boolean
  readonly json: boolean
}

/** Until the hub ends, or SIGINT. */
export async function printTail(flags: TailFlags, terminal: Terminal): Promise<void> {
  const hub = await runningHub(flags.control)
  const ended = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    terminal.once(signal, () => {
      ended.abort()
    })
  const lines = tail({
    url: `https://${hub.hostName}:${String(hub.httpsPort)}`,
    authorization: authorization(hub),
    ca: await readFile(hub.caPath, 'utf8'),
    device: flags.device,
    source: flags.source,
    after: flags.all ? 0 : undefined,
    json: flags.json,
    signal: ended.signal,
  })
  for await (const line of lines) terminal.stdout.write(`${line}\n`)
}
