/** A client that dials again and again during one call: waiting for its end would never end. */

import { AssertionError } from 'node:assert/strict'
import type { JournalEntry } from 'mock-iot-hub'
import type { DriverRequest } from '../../driver/client-driver.ts'

/** No scenario makes a client dial so often in one call without a step in which time passes. */
export const MOST_DIALS = 8

export class Restless extends AssertionError {}

/** @throws Restless when the client has dialled too often since the call began. */
export function assertRests(
  entries: readonly JournalEntry[],
  call: { readonly request: Pick<DriverRequest, 'do'>; readonly startedAtSeq: number },
): void {
  const before = entries.findLastIndex(({ seq }) => seq <= call.startedAtSeq)
  const dials = entries
    .slice(before + 1)
    .filter((entry) => entry.type === 'packet' && entry.direction === 'in' && entry.cmd === 'connect').length
  if (dials < MOST_DIALS) return
  throw new Restless({
    message: `The client has dialled ${String(dials)} times, and the call ${call.request.do} is still pending`,
  })
}
