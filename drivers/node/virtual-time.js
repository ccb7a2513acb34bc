/**
 * The suite's clock in the place of the system's, for the SDK and the MQTT library that it brings: timers and dates follow
 * `advance`. Sockets keep to the system's time, and so does TLS. Import it before them.
 */

import FakeTimers from '@sinonjs/fake-timers'

/** The system's timers. */
export const real = { setInterval, clearInterval }

const clock = FakeTimers.install({
  now: Date.now(),
  toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
})

/**
 * @param now epoch ms; back in time: a new scenario, without what was due in the one before.
 * @returns when the next thing is due, if anything is.
 */
export async function advance(now) {
  if (now < clock.now) {
    clock.reset()
    clock.setSystemTime(now)
  } else await clock.tickAsync(now - clock.now)
  const due = Object.values(clock.timers ?? {}).map(({ callAt }) => callAt)
  return { next: due.length === 0 ? null : Math.ceil(Math.min(...due)) }
}
