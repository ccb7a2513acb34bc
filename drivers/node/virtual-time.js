/**
 * Replaces the system clock with the suite's clock for the SDK and its MQTT library: timers and dates follow `advance`.
 * Sockets and TLS keep the system clock. Import it before them.
 */

import FakeTimers from '@sinonjs/fake-timers'

/** The system's timers. */
export const real = { setInterval, clearInterval }

const clock = FakeTimers.install({
  now: Date.now(),
  toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
})

/**
 * @param now epoch ms; an earlier time than before starts a new scenario and discards the timers of the last one.
 * @returns when the next timer is due, if there is one.
 */
export async function advance(now) {
  if (now < clock.now) {
    clock.reset()
    clock.setSystemTime(now)
  } else await clock.tickAsync(now - clock.now)
  const due = Object.values(clock.timers ?? {}).map(({ callAt }) => callAt)
  return { next: due.length === 0 ? null : Math.ceil(Math.min(...due)) }
}
