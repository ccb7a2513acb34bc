import { expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import { randomFrom } from '../../base/random.ts'
import { noStore } from '../contract/store/commits.ts'
import { PeekLockQueue } from './peek-lock-queue.ts'

const LIMITS = {
  lockSeconds: 60,
  maxDeliveryCount: 10,
  lockTimeoutsCount: false,
  ttlSeconds: 3_600,
  depth: 10,
}

function made(): { readonly clock: ManualClock; readonly queue: PeekLockQueue<number> } {
  const clock = new ManualClock()
  const random = randomFrom(1)('queue')
  return {
    clock,
    queue: new PeekLockQueue(clock, random, LIMITS, { kind: 'feedback', commits: noStore() }),
  }
}
const kept = (queue: PeekLockQueue<number>): number => [...queue.keys()].length

test('what nobody reads is kept for its time, not until somebody reads', () => {
  const { clock, queue } = made()
  for (let n = 0; n < 5; n++) queue.push(n)
  clock.advance('59m')
  queue.push(5)
  expect(kept(queue)).toBe(6)
  clock.advance('1m')
  queue.push(6)
  expect(kept(queue)).toBe(2)
  expect(queue.receive()?.item).toBe(5)
})

test('what is locked when its time is over can be completed, and does not hold what comes behind it', () => {
  const { clock, queue } = made()
  queue.push(0)
  queue.push(1)
  clock.advance('59m30s')
  const locked = queue.receive()
  clock.advance('30s')
  queue.push(2)
  expect(kept(queue)).toBe(2)
  queue.settle(locked?.lockToken ?? '', 'complete')
  expect(queue.receive()?.item).toBe(2)
})

test('a full queue drops its oldest item', () => {
  const { queue } = made()
  for (let n = 0; n < 12; n++) queue.push(n)
  expect([kept(queue), queue.receive()?.item]).toEqual([10, 2])
})
