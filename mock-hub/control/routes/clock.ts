/** The hub's clock: stand still, go on, move. */

import { InvalidInput } from '../../base/invalid-input.ts'
import { HubClock } from '../../base/clock.ts'
import { parseDuration } from '../../base/duration.ts'
import { utcText } from '../../base/time-text.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { ControlError } from '../errors.ts'

interface Moved {
  /** Seconds, or text such as `1h30m`. */
  readonly by: number | string
}

const MOVE = (example: string) => ({
  ...objectOf(
    { by: { type: ['number', 'string'], description: 'seconds, or text such as 1h, 90s, 1h30m' } },
    ['by'],
  ),
  examples: [{ by: example }],
})
const tags = ['clock']

export const clockRoutes: ControlRoutes = (app, { hub }) => {
  const { clock, journal } = hub
  const movable = (): HubClock => {
    if (clock instanceof HubClock) return clock
    throw new ControlError(
      501,
      'NotImplemented',
      'the clock of this hub cannot be moved: it was started with another',
    )
  }
  const state = () => ({
    now: utcText(clock.now()),
    epochMs: clock.now(),
    ...(clock instanceof HubClock ? { frozen: clock.frozen, offsetSeconds: clock.offsetMs / 1000 } : {}),
  })
  /** Journalled before what it brings about is. */
  const act = (action: string, now: number, move: (clock: HubClock) => void) => {
    const moved = movable()
    journal.record({ type: 'clock', action, now })
    move(moved)
    return state()
  }
  app.get('/clock', { schema: { tags, summary: 'What time it is at the hub' } }, state)
  app.post('/clock/freeze', { schema: { tags, summary: 'Let time stand still' } }, () =>
    act('freeze', clock.now(), (it) => {
      it.freeze()
    }),
  )
  app.post('/clock/resume', { schema: { tags, summary: 'Let time run on from where it stands' } }, () =>
    act('resume', clock.now(), (it) => {
      it.resume()
    }),
  )
  app.post<{ Body: Moved }>(
    '/clock/advance',
    { schema: { tags, summary: 'Move time forward; what falls due on the way happens', body: MOVE('1h') } },
    ({ body: { by } }) => {
      const ms = msOf(by)
      if (ms < 0) throw new InvalidInput('clock', 'by', 'not to lead back: time only goes forward here', by)
      return act(`advance ${String(ms / 1000)} s`, clock.now() + ms, (it) => {
        it.advance(ms)
      })
    },
  )
  app.post<{ Body: Moved }>(
    '/clock/offset',
    { schema: { tags, summary: 'Put the hub ahead of the system’s clock, or behind it', body: MOVE('-1h') } },
    ({ body: { by } }) => {
      const ms = msOf(by)
      const { offsetMs } = movable()
      return act(`offset ${String(ms / 1000)} s`, clock.now() + ms - offsetMs, (it) => {
        it.setOffset(ms)
      })
    },
  )
}

/** The farthest that dates reach. */
const LONGEST_MS = 100 * 365 * 86_400_000

function msOf(by: number | string): number {
  const ms = typeof by === 'string' ? parseDuration(by, 'by') : Math.round(by * 1000)
  if (Math.abs(ms) <= LONGEST_MS) return ms
  throw new InvalidInput('clock', 'by', 'to be a hundred years at most', by)
}
