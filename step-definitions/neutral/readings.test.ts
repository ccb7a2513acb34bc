import { expect, test } from 'vitest'
import type { JournalEntry } from 'mock-iot-hub'
import { isLeft } from './readings.ts'

const closed = (reason: string, at: number, linkId = 'l1'): JournalEntry => ({
  ...{ seq: 1, type: 'link-closed', linkId, reason, at },
})

test.each<[string, JournalEntry, boolean]>([
  ['the client closes', closed('closed by the client', 70_000), true],
  ['the client sends DISCONNECT', closed('disconnect', 70_000), true],
  ['the client dials anew', closed('taken-over', 70_000), true],
  ['the client closes too late', closed('closed by the client', 80_000), false],
  ['another connection ends', closed('closed by the client', 70_000, 'l2'), false],
  ['the hub closes because the client is silent', closed('refused', 70_000), false],
])('a silent hub is noticed: %s', (_what, entry, expected) => {
  expect(isLeft([entry], 'l1', 75_000)).toBe(expected)
})
