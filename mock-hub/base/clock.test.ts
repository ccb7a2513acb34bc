import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { HubClock, ManualClock } from './clock.ts'

test('a manual clock stands still until it is advanced', () => {
  const clock = new ManualClock(1_000)
  expect(clock.now()).toBe(1_000)
  clock.advance(3_600_000)
  expect(clock.now()).toBe(3_601_000)
})

test('advance runs what falls due, each at its own moment, and nothing later', () => {
  const clock = new ManualClock(0)
  const seen: string[] = []
  clock.schedule(30, () => seen.push(`c@${clock.now()}`))
  clock.schedule(10, () => {
    seen.push(`a@${clock.now()}`)
    clock.schedule(10, () => seen.push(`b@${clock.now()}`))
  })
  clock.schedule(31, () => seen.push('late'))
  clock.advance(30)
  expect(seen).toEqual(['a@10', 'b@20', 'c@30'])
  expect(clock.now()).toBe(30)
})

test('the clock knows what falls due next', () => {
  const clock = new ManualClock(1_000)
  expect(clock.nextAt).toBeUndefined()
  clock.schedule(30, () => undefined)
  const cancel = clock.schedule(10, () => undefined)
  expect(clock.nextAt).toBe(1_010)
  cancel()
  expect(clock.nextAt).toBe(1_030)
})

test('what is cancelled never runs', () => {
  const clock = new ManualClock(0)
  const run = vi.fn()
  const cancel = clock.schedule(5, run)
  cancel()
  cancel()
  clock.advance(10)
  expect(run).not.toHaveBeenCalled()
})

test('callbacks run in order of time, then of arming, whatever the order of arming and cancelling', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ ms: fc.nat(50), cancelled: fc.boolean() }), { maxLength: 80 }),
      (plan) => {
        const clock = new ManualClock(0)
        const seen: number[] = []
        const cancels = plan.map(({ ms }, index) => clock.schedule(ms, () => seen.push(index)))
        plan.forEach(({ cancelled }, index) => {
          if (cancelled) cancels[index]?.()
        })
        clock.advance(50)
        const expected = plan
          .map((entry, index) => ({ ...entry, index }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.ms - b.ms || a.index - b.index)
        expect(seen).toEqual(expected.map(({ index }) => index))
      },
    ),
  )
})

test('time never goes back by advance', () => {
  expect(() => {
    new ManualClock().advance(-1)
  }).toThrow('clock.advance: expected by to be 0 or more: time only moves forward; given: -1')
})

test('a running clock can be ahead of the system, frozen, and go on from where it stood', () => {
  vi.useFakeTimers({ now: 1_000_000 })
  try {
    const clock = new HubClock()
    clock.setOffset(3_600_000)
    expect(clock.now()).toBe(4_600_000)
    clock.freeze()
    vi.setSystemTime(1_500_000)
    expect(clock.now()).toBe(4_600_000)
    clock.resume()
    expect(clock.now()).toBe(4_600_000)
    expect(clock.offsetMs).toBe(3_100_000)
  } finally {
    vi.useRealTimers()
  }
})

test('a running clock wakes by the system timer, also after many timers', () => {
  vi.useFakeTimers({ now: 0 })
  try {
    const clock = new HubClock()
    const run = vi.fn()
    const long = 3_600_000
    clock.schedule(long, run)
    vi.advanceTimersByTime(long - 1)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledTimes(1)
  } finally {
    vi.useRealTimers()
  }
})

test('an offset set on a running clock runs at once what is thereby overdue', () => {
  vi.useFakeTimers({ now: 0 })
  try {
    const clock = new HubClock()
    const run = vi.fn()
    clock.schedule(60_000, run)
    clock.setOffset(60_000)
    expect(run).toHaveBeenCalledTimes(1)
  } finally {
    vi.useRealTimers()
  }
})

test('freezing a running clock holds its timers until it resumes', () => {
  vi.useFakeTimers({ now: 0 })
  try {
    const clock = new HubClock()
    const run = vi.fn()
    clock.schedule(10, run)
    clock.freeze()
    vi.advanceTimersByTime(1_000)
    expect(run).not.toHaveBeenCalled()
    clock.resume()
    vi.advanceTimersByTime(10)
    expect(run).toHaveBeenCalledTimes(1)
  } finally {
    vi.useRealTimers()
  }
})

describe('a step of the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test.each([
    ['back', -3_600_000],
    ['ahead', 7_200_000],
  ])('%s: a callback waits no longer than was asked', (_, stepMs) => {
    const clock = new HubClock()
    const run = vi.fn()
    clock.schedule(60_000, run)
    vi.setSystemTime(Date.now() + stepMs)
    vi.advanceTimersByTime(60_000)
    expect(run).toHaveBeenCalledTimes(1)
    expect(clock.now()).toBe(Date.now())
  })

  test('back: what is scheduled after it waits as long as what was scheduled before it', () => {
    const clock = new HubClock()
    const seen: string[] = []
    clock.schedule(20_000, () => seen.push('before'))
    vi.setSystemTime(Date.now() - 3_600_000)
    clock.schedule(30_000, () => seen.push('after'))
    vi.advanceTimersByTime(20_000)
    expect(seen).toEqual(['before'])
    vi.advanceTimersByTime(10_000)
    expect(seen).toEqual(['before', 'after'])
  })

  test('back while the clock is frozen: nothing waits less than was asked', () => {
    const clock = new HubClock()
    clock.freeze()
    const run = vi.fn()
    clock.schedule(60_000, run)
    vi.setSystemTime(Date.now() - 3_600_000)
    clock.resume()
    clock.schedule(120_000, () => undefined)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(59_999)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledTimes(1)
  })

  test('ahead: what has fallen due runs within ten seconds, as after a suspend', () => {
    const clock = new HubClock()
    const run = vi.fn()
    clock.schedule(3_600_000, run)
    vi.setSystemTime(Date.now() + 7_200_000)
    vi.advanceTimersByTime(10_000)
    expect(run).toHaveBeenCalledTimes(1)
  })
})

test.each([NaN, Infinity])('no callback is scheduled after %s', (ms) => {
  expect(() => new ManualClock().schedule(ms, () => undefined)).toThrow(
    'clock.schedule: expected ms to be a number of milliseconds',
  )
})

test.each([NaN, -Infinity])('no clock is set to %s', (target) => {
  expect(() => {
    new ManualClock().set(target)
  }).toThrow('clock.set: expected target to be a time in epoch milliseconds')
})

test('many moves lead no farther than one', () => {
  const clock = new HubClock()
  clock.advance('36500d')
  expect(() => {
    clock.advance('1d')
  }).toThrow('clock.advance: expected by to lead to a time at most 100 years from now; given: "1d"')
  expect(() => {
    clock.setOffset(NaN)
  }).toThrow('clock.setOffset: expected by to lead to a time at most 100 years from now')
})

test('reset makes the clock run with the system clock again, and callbacks wait as long as was asked', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  try {
    const clock = new HubClock()
    clock.advance('2d')
    const run = vi.fn()
    clock.schedule(60_000, run)
    clock.freeze()
    clock.reset()
    expect([clock.frozen, clock.offsetMs, clock.now()]).toEqual([false, 0, Date.now()])
    vi.advanceTimersByTime(59_999)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledTimes(1)
  } finally {
    vi.useRealTimers()
  }
})
