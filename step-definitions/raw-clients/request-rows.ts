/** Requests from tables. */

import type { HubScenario } from './hub-scenario.ts'
import type { RawRequest } from './https-client.ts'
import { bodyOf, rowOf, under, type Rows } from './tables.ts'

/** Rows: `header X`, `body` (all of it, JSON or text), `body x.y` (one value). */
export function requestOf(scenario: HubScenario, method: string, path: string, rows: Rows): RawRequest {
  const whole = rowOf(rows, 'body')
  const parts = under(rows, 'body')
  const body = whole ?? (parts.length > 0 ? JSON.stringify(bodyOf(parts)) : undefined)
  const headers = Object.fromEntries(
    under(rows, 'header').map(([name, value]) => [name.toLowerCase(), value]),
  )
  return {
    method,
    path: scenario.fill(path),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : Buffer.from(body),
  }
}
