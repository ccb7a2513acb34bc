import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidInput } from './invalid-input.ts'
import { durationText, parseDuration } from './duration.ts'

describe('parseDuration', () => {
  test.each([
    ['1h', 3_600_000],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['250ms', 250],
    ['1m250ms', 60_250],
    ['1.5h', 5_400_000],
    ['-5m', -300_000],
    [' 1H ', 3_600_000],
    ['0s', 0],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  test.each(['', '1', 'h', '1h 30m', '1x', '--1s', '1h1h', '1e3s', '1h-30m', '99999999999999d'])(
    'refuses %j, naming field, rule and what was given',
    (text) => {
      expect(() => parseDuration(text, 'by')).toThrow(InvalidInput)
      expect(() => parseDuration(text, 'by')).toThrow(
        `time: expected by to be numbers with the units d, h, m, s or ms, such as 1h30m or 90s; given: ${JSON.stringify(text)}`,
      )
    },
  )

  test.each([
    [0, '0s'],
    [250, '0.3s'],
    [90_000, '1m30s'],
    [3_599_600, '1h'],
    [5_400_000, '1h30m'],
    [86_400_000 * 3 + 60_000, '3d'],
    [86_400_000 * 3 + 3_600_000 * 2, '3d2h'],
  ])('%i ms are told as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text)
  })

  test('the parts add up', () => {
    const upTo = (max: number) => fc.integer({ min: 0, max })
    fc.assert(
      fc.property(upTo(30), upTo(23), upTo(59), upTo(59), upTo(999), (d, h, m, s, ms) => {
        const expected = (((d * 24 + h) * 60 + m) * 60 + s) * 1000 + ms
        expect(parseDuration(`${d}d${h}h${m}m${s}s${ms}ms`)).toBe(expected)
      }),
    )
  })
})
