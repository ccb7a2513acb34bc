/** What official service SDKs got, call by call: their programs print a row a call, and the rows become a table. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { MockHub } from '../../mock-hub/index.ts'
import type { Checks, Outcome } from './checks.ts'

/** One call of a service SDK. */
export interface Row {
  readonly area: string
  readonly call: string
  readonly outcome: Outcome
  readonly detail: string
}

/** Runs a program of `drivers/service/` beside the hub. A program that ends badly is a failed row. */
export async function checkService(
  hub: MockHub,
  checks: Checks,
  name: string,
  command: readonly string[],
): Promise<readonly Row[]> {
  const [program = '', ...given] = command
  const child = spawn(program, given, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...hub.environment,
      BLOB_CONTAINER_URI: `https://${hub.hostName}/uploads`,
    },
  })
  const rows: Row[] = []
  const add = (row: Row): void => {
    rows.push(row)
    checks.add(name, `${row.area}.${row.call}`, row.outcome, row.detail)
  }
  createInterface(child.stdout).on('line', (line) => {
    add(JSON.parse(line) as Row) // our own program's
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0)
    add({ area: 'program', call: 'ends well', outcome: 'failed', detail: `exit code ${String(code)}` })
  return rows
}
