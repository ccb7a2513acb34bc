import { beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { TelemetryMessage } from '../../core/contract/message.ts'
import { Partition, type Retention } from './partition.ts'

let clock: ManualClock
beforeEach(() => {
  clock = new ManualClock(1_700_000_000_000)
})

const filled = (retention: Partial<Retention>, bodies: readonly string[]): Partition => {
  const partition = new Partition('0', clock, { count: 100, bytes: 100_000, ms: 60_000, ...retention })
  for (const body of bodies) {
    partition.append(message(body))
    clock.advance(1_000)
  }
  return partition
}
const message = (body: string): TelemetryMessage => ({
  ...{ source: 'Telemetry', deviceId: 'd', moduleId: undefined, authMethod: '{}', authGenerationId: '1' },
  ...{ body: Buffer.from(body), system: {}, properties: {}, modelId: undefined },
  ...{ sequenceNumber: 1, enqueuedAt: clock.now() },
})
const bodiesOf = (partition: Partition): string[] => {
  const bodies: string[] = []
  for (let next = partition.begin; next < partition.end; next++)
    bodies.push(partition.read(next)?.bytes.subarray(-1).toString() ?? '')
  return bodies
}

test('the oldest are removed when there are more than the retention allows', () => {
  const partition = filled({ count: 2 }, ['a', 'b', 'c'])
  expect([partition.begin, partition.end, bodiesOf(partition)]).toEqual([1, 3, ['b', 'c']])
})

test('the oldest are removed when their bytes exceed the retention, but never the newest', () => {
  const size = filled({}, ['a']).last?.size ?? 0
  expect(bodiesOf(filled({ bytes: 2 * size }, ['a', 'b', 'c']))).toEqual(['b', 'c'])
  expect(bodiesOf(filled({ bytes: 1 }, ['a', 'b']))).toEqual(['b'])
})

test('messages are removed by their age, on the clock of the hub', () => {
  const partition = filled({ ms: 10_000 }, ['a', 'b'])
  clock.advance(8_000)
  expect(bodiesOf(partition)).toEqual(['a', 'b'])
  clock.advance(1)
  expect(bodiesOf(partition)).toEqual(['b'])
  clock.advance(3_600_000)
  expect([partition.isEmpty, partition.begin, partition.last?.sequenceNumber]).toEqual([true, 2, 1])
})

test('a reader of a removed message gets the oldest one left', () => {
  const partition = filled({ count: 1 }, ['a', 'b'])
  expect(partition.read(0)?.sequenceNumber).toBe(1)
  expect(partition.read(2)).toBeUndefined()
})

test('the offset of a message is the bytes before it', () => {
  const partition = filled({}, ['a', 'bb', 'c'])
  const offsets = [0, 1, 2].map((at) => partition.read(at)?.offset ?? -1)
  expect(offsets[0]).toBe(0)
  expect((offsets[2] ?? 0) - (offsets[1] ?? 0)).toBe((offsets[1] ?? 0) + 1)
})

test('cleared, it is empty, and positions go on', () => {
  const partition = filled({}, ['a', 'b'])
  partition.clear()
  expect([partition.begin, partition.end, partition.isEmpty]).toEqual([2, 2, true])
  partition.append(message('c'))
  expect([partition.begin, partition.end, bodiesOf(partition)]).toEqual([2, 3, ['c']])
})
