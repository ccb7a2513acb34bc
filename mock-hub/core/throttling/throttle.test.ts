import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import { HubError } from '../errors/hub-error.ts'
import { TierThrottle, TIERS } from './throttle.ts'

const kindOf = (act: () => void): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof HubError) return error.kind
    throw error
  }
  return 'served'
}

describe('rates', () => {
  test.each([
    ['registry', 100, 60],
    ['connect', 100, 1],
    ['telemetry', 100, 1],
    ['c2dSend', 100, 60],
    ['query', 20, 60],
    ['twinRead', 100, 1],
    ['twinUpdate', 50, 1],
  ] as const)('WIRE-THR-01 WIRE-ERR-06: S1 serves %s %i times in %i s', (operation, amount, seconds) => {
    const clock = new ManualClock()
    const throttle = new TierThrottle(clock, { tier: 'S1' })
    const refused = operation === 'registry' ? 'ThrottlingBacklogTimeout' : 'ThrottlingException'
    for (let i = 0; i < amount; i++) throttle.take(operation, 0)
    expect(kindOf(() => throttle.take(operation, 0))).toBe(refused)
    clock.advance((seconds * 1_000) / amount)
    expect(kindOf(() => throttle.take(operation, 0))).toBe('served')
    expect(kindOf(() => throttle.take(operation, 0))).toBe(refused)
  })

  test('methods are metered in bytes, in steps of 4 KB', () => {
    const throttle = new TierThrottle(new ManualClock(), { tier: 'S1' })
    for (let i = 0; i < 40; i++) throttle.take('method', 1)
    expect(kindOf(() => throttle.take('method', 1))).toBe('ThrottlingException')
  })

  test.each(['B1', 'B2', 'B3'] as const)(
    'WIRE-ERR-08: %s allows telemetry and uploads, but not twins, methods and cloud-to-device messages',
    (tier) => {
      const throttle = new TierThrottle(new ManualClock(), { tier })
      for (const operation of ['registry', 'connect', 'telemetry', 'fileUpload', 'query'] as const)
        expect(kindOf(() => throttle.take(operation, 0))).toBe('served')
      for (const operation of [
        'c2dSend',
        'c2dReceive',
        'method',
        'twinRead',
        'twinUpdate',
        'job',
        'configuration',
      ] as const)
        expect(kindOf(() => throttle.take(operation, 0))).toBe('OperationNotAvailableInCurrentTier')
      expect(throttle.meter).toMatchObject({ used: 2, limit: TIERS[tier].messagesPerDay })
    },
  )

  test('without a tier nothing is refused', () => {
    const throttle = new TierThrottle(new ManualClock(), { tier: undefined })
    for (let i = 0; i < 10_000; i++) throttle.take('registry', 0)
    expect(throttle.meter).toEqual({ used: 0, limit: undefined, chunkBytes: 4096, byOperation: {} })
  })
})

describe('the daily quota', () => {
  test('WIRE-THR-02 WIRE-ERR-07: F1 allows 8000 messages of 512 bytes, until midnight', () => {
    const clock = new ManualClock()
    const throttle = new TierThrottle(clock, { tier: 'F1' })
    for (let i = 0; i < 80; i++) {
      throttle.take('telemetry', 100 * TIERS.F1.chunkBytes)
      clock.advance(100)
    }
    expect(throttle.meter.used).toBe(8000)
    expect(kindOf(() => throttle.take('telemetry', 1))).toBe('IotHubQuotaExceeded')
    expect(kindOf(() => throttle.take('registry', 1))).toBe('served')
    clock.advance(86_400_000)
    expect(kindOf(() => throttle.take('telemetry', 1))).toBe('served')
    expect(throttle.meter).toMatchObject({ used: 1, byOperation: { telemetry: 8001 } })
  })

  test('WIRE-THR-02: counts in chunks of 4 KB, at least one a message', () => {
    const throttle = new TierThrottle(new ManualClock(), { tier: undefined })
    for (const bytes of [0, 1, 4096, 4097]) throttle.take('telemetry', bytes)
    throttle.take('twinRead', 0)
    expect(throttle.meter).toMatchObject({ used: 6, byOperation: { telemetry: 5, twinRead: 1 } })
  })
})
