import { expect, test } from 'vitest'
import type { JournalEntry } from 'mock-iot-hub'
import { assertRests, MOST_DIALS, Restless } from './restless.ts'

const connect = (seq: number): JournalEntry => ({
  ...{ seq, at: 0, type: 'packet', linkId: `l${String(seq)}`, direction: 'in', cmd: 'connect', packet: {} },
})
const call = { request: { do: 'sendTelemetry' }, startedAtSeq: 5 } as const

test('a call during which the client dials without an end fails, and says so', () => {
  const dials = Array.from({ length: MOST_DIALS }, (_none, index) => connect(6 + index))
  expect(() => {
    assertRests(dials, call)
  }).toThrow(Restless)
  expect(() => {
    assertRests(dials, call)
  }).toThrow(
    `The client has dialled ${String(MOST_DIALS)} times, and the call sendTelemetry is still pending`,
  )
})

test('what it dialled before the call, and a few attempts, are no sign', () => {
  const before = Array.from({ length: 5 }, (_none, index) => connect(1 + index))
  const few = Array.from({ length: MOST_DIALS - 1 }, (_none, index) => connect(6 + index))
  assertRests([...before, ...few], call)
})
