/** Calls of official service SDKs: the programs in `drivers/service/` print a row for each call. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { MockHub } from 'mock-iot-hub'
import type { Checks, Outcome } from './checks.ts'

/** One call of an SDK. */
export interface Row {
  readonly area: string
  readonly call: string
  readonly outcome: Outcome
  readonly detail: string
}

/** A program that uses an SDK, and the name of its checks. */
export interface Program {
  readonly name: string
  readonly command: readonly string[]
}

/** Runs a program against the hub. A program that exits with an error is a failed row. */
export async function checkService(
  hub: MockHub,
  checks: Checks,
  { name, command }: Program,
): Promise<readonly Row[]> {
  const [program = '', ...given] = command
  const child = spawn(program, given, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...hub.environment, BLOB_CONTAINER_URI: `https://${hub.hostName}/uploads` },
  })
  const rows: Row[] = []
  const add = (row: Row): void => {
    rows.push(row)
    checks.add(name, `${row.area}: ${row.call}`, row.outcome, row.detail)
  }
  createInterface(child.stdout).on('line', (line) => {
    add(JSON.parse(line) as Row) // our own program's
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0)
    add({ area: 'program', call: 'ends well', outcome: 'failed', detail: `exit code ${String(code)}` })
  return rows
}
