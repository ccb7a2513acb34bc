/** The hub's clock: freeze, resume, advance, set ahead or behind. */

import { InvalidInput } from '../../base/invalid-input.ts'
import { checkReach, HubClock, type Clock, type Purpose } from '../../base/clock.ts'
import { parseDuration } from '../../base/duration.ts'
import { utcText } from '../../base/time-text.ts'
import { objectOf, WHOLE, type ControlRoutes } from '../context.ts'
import { ControlError } from '../errors.ts'

interface MoveBody {
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
/** Every kind of purpose; the compiler reports a missing one. */
const KINDS: Readonly<Record<Purpose['kind'], true>> = {
  'token-expiry': true,
  'c2d-expiry': true,
  'c2d-lock': true,
  'method-timeout': true,
  fault: true,
  silence: true,
  feedback: true,
  job: true,
}
const DUE = objectOf({
  limit: { ...WHOLE, description: 'at most this many; default: 20' },
  kind: { enum: Object.keys(KINDS), description: 'only those of this kind' },
})
const tags = ['clock']

/** The time, and whether and how the clock was moved. */
export function clockState(clock: Clock) {
  return {
    now: utcText(clock.now()),
    epochMs: clock.now(),
    ...(clock instanceof HubClock ? { frozen: clock.frozen, offsetSeconds: clock.offsetMs / 1000 } : {}),
  }
}

export const clockRoutes: ControlRoutes = (app, { hub }) => {
  const { clock, journal } = hub
  const movable = (): HubClock => {
    if (clock instanceof HubClock) return clock
    throw new ControlError(
      501,
      'NotImplemented',
      'the clock of this hub cannot be moved: the hub was started with a custom clock',
    )
  }
  const state = () => clockState(clock)
  /** Writes the journal entry first, so that it precedes the entries of what falls due. */
  const act = (action: string, now: number, move: (clock: HubClock) => void) => {
    const target = movable()
    journal.record({ type: 'clock', action, now })
    move(target)
    return state()
  }
  app.get('/clock', { schema: { tags, summary: 'The time of the hub' } }, state)
  app.get<{ Querystring: { readonly limit?: string; readonly kind?: Purpose['kind'] } }>(
    '/clock/due',
    {
      schema: {
        tags,
        summary: 'What falls due next on the clock of the hub, soonest first',
        querystring: DUE,
      },
    },
    ({ query: { limit = '20', kind } }) =>
      movable()
        .upcoming(Number(limit), kind)
        .map(({ at, purpose }) => ({
          at: utcText(at),
          inSeconds: (at - clock.now()) / 1000,
          kind: purpose.kind,
          identity: purpose.identity ?? null,
        })),
  )
  app.post('/clock/freeze', { schema: { tags, summary: 'Freeze the clock' } }, () =>
    act('freeze', clock.now(), (target) => {
      target.freeze()
    }),
  )
  app.post('/clock/resume', { schema: { tags, summary: 'Let a frozen clock run again' } }, () =>
    act('resume', clock.now(), (target) => {
      target.resume()
    }),
  )
  app.post<{ Body: MoveBody }>(
    '/clock/advance',
    {
      schema: {
        tags,
        summary: 'Move time forward; everything that falls due happens in order',
        body: MOVE('1h'),
      },
    },
    ({ body: { by } }) => {
      const ms = msOf(by)
      if (ms < 0)
        throw new InvalidInput('clock', 'by', 'to be 0 or more: this call only moves time forward', by)
      checkReach('clock', clock.now() + ms, by)
      return act(`advance ${String(ms / 1000)} s`, clock.now() + ms, (target) => {
        target.advance(ms)
      })
    },
  )
  app.post<{ Body: MoveBody }>(
    '/clock/offset',
    { schema: { tags, summary: 'Set the clock ahead of the system clock, or behind it', body: MOVE('-1h') } },
    ({ body: { by } }) => {
      const ms = msOf(by)
      const { offsetMs } = movable()
      checkReach('clock', Date.now() + ms, by)
      return act(`offset ${String(ms / 1000)} s`, clock.now() + ms - offsetMs, (target) => {
        target.setOffset(ms)
      })
    },
  )
}

function msOf(by: number | string): number {
  return typeof by === 'string' ? parseDuration(by, 'by') : Math.round(by * 1000)
}
