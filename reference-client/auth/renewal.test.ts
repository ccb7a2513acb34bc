import { describe, expect, it } from 'vitest'
import type { Credentials } from '../core/ports.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { Renewal } from './renewal.ts'

const NOW = 1_700_000_000_000

/** When the renewal of a token with this lifetime is due, in seconds; undefined: not within `within` seconds. */
function dueAfter(
  lifeSeconds: number,
  renewable: boolean,
  platform = 'linux',
  within = 86_400 * 61,
): number | undefined {
  const clock = new ManualClock(NOW)
  const credentials: Credentials = {
    sasToken: 'x',
    expiresAt: NOW / 1_000 + lifeSeconds,
    renew: renewable ? () => undefined : undefined,
  }
  let due: number | undefined
  new Renewal(credentials, clock, () => (due = (clock.now() - NOW) / 1_000), platform).watch()
  clock.advance(within * 1_000)
  return due
}

describe('the renewal of a token', () => {
  it.each([
    ['120 s before the expiry', 3_600, true, 3_480],
    ['120 s before the expiry of a given token (BOTH-ONSAS-02)', 125, false, 5],
    ['at once when it has passed', 60, false, 0],
    ['at half of a short life', 240, true, 120],
    ['at half of a very short life', 60, true, 30],
    ['120 s before the expiry from 240 s on', 241, true, 121],
  ])('is %s', (_when, life, renewable, expected) => {
    expect(dueAfter(life, renewable)).toBe(expected)
  })

  it('is after 49.7 days at the latest on Windows (BOTH-ONSAS-03)', () => {
    const sixtyDays = 60 * 86_400
    expect(dueAfter(sixtyDays, false, 'win32')).toBe(4_294_967)
    expect(dueAfter(sixtyDays, false, 'linux')).toBe(sixtyDays - 120)
  })
})
