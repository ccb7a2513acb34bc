import { expect, test } from 'vitest'
import { HubClock, ManualClock } from '../../base/clock.ts'
import { createHub } from '../create-hub.ts'
import { HubError } from '../errors/hub-error.ts'

const TIME = new HubError({
  kind: 'IotHubUnauthorizedAccess',
  rule: 'WIRE-AUTH-12',
  expected: 'e',
  received: 'r',
})
const OTHER = new HubError({ kind: 'ArgumentInvalid', rule: 'WIRE-AUTH-02', expected: 'e', received: 'r' })

/** What the hub says that it received. */
function received(error: HubError, move: (clock: ManualClock) => void): string | undefined {
  const clock = new ManualClock(new HubClock().now())
  move(clock)
  const lines: string[] = []
  const hub = createHub({ clock, logger: { info: () => undefined, warn: (line) => lines.push(line) } })
  hub.refuse(error, { transport: 'mqtt' })
  const said = hub.lastRefusals[0]?.explanation.received
  expect(lines[0]).toContain(`received ${said ?? ''} [`)
  hub.stop()
  return said
}

test('a refusal for the time says how far the hub’s clock was wound', () => {
  expect(
    received(TIME, (clock) => {
      clock.advance('1h30m')
    }),
  ).toBe("r; the hub's clock stands still, 1h30m ahead of the system clock")
  expect(
    received(TIME, (clock) => {
      clock.resume()
      clock.setOffset('-2d')
    }),
  ).toBe("r; the hub's clock is 2d behind the system clock")
})

test('without a wound clock, and for another rule, it does not', () => {
  expect(received(TIME, () => undefined)).toBe('r')
  expect(
    received(OTHER, (clock) => {
      clock.advance('1h')
    }),
  ).toBe('r')
})
