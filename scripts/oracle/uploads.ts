/** Checks uploads at the hub: a notification for each, with the right size, and memory that does not grow with them. */

import assert from 'node:assert/strict'
import type { MockHub } from 'mock-iot-hub'
import type { Checks } from './checks.ts'
import { checkService, type Program, type Row } from './services.ts'

const MB = 1_048_576
/** Allows for pieces of uploads that the hub has in memory and garbage; far below a whole upload of 300 MB. */
const MOST_GROWTH = 150 * MB
const SAMPLE_MS = 50

/** Runs a program that uploads files of `sizes`, and checks the hub. */
export async function checkUploads(
  hub: MockHub,
  checks: Checks,
  program: Program,
  sizes: readonly number[],
): Promise<readonly Row[]> {
  const before = process.memoryUsage().rss
  let most = before
  const sampling = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, SAMPLE_MS)
  const rows = await checkService(hub, checks, program)
  clearInterval(sampling)
  await checks.run(program.name, 'the hub tells of each upload, with its size', () => {
    const told: number[] = []
    for (let next = hub.fileNotifications.receive(); next; next = hub.fileNotifications.receive()) {
      told.push(next.item.blobSizeInBytes)
      hub.fileNotifications.settle(next.lockToken, 'complete')
    }
    assert.deepEqual(told, sizes)
  })
  await checks.run(program.name, "the hub's memory stays flat", () => {
    const growth = `${String(Math.round((most - before) / MB))} MB more`
    assert.ok(most - before < MOST_GROWTH, growth)
    return growth
  })
  return rows
}
