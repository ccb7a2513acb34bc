import { expect, test, vi } from 'vitest'
import { HubClock, ManualClock } from '../base/clock.ts'
import { createHub } from './create-hub.ts'

test('a hub without a clock makes one and stops it', () => {
  const hub = createHub()
  const { clock } = hub
  if (!(clock instanceof HubClock)) throw new Error('the hub has another clock')
  const stop = vi.spyOn(clock, 'stop')
  hub.stop()
  expect(stop).toHaveBeenCalledOnce()
})

test('a hub does not stop a clock that it is given', () => {
  const clock = new ManualClock()
  const stop = vi.spyOn(clock, 'stop')
  const hub = createHub({ clock })
  expect(hub.clock).toBe(clock)
  hub.stop()
  expect(stop).not.toHaveBeenCalled()
})
