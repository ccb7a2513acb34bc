import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Effect, type Event, INITIAL, isBetween, type State, step, type Want } from './machine.ts'

const RETRY = { connectionRetry: true }
const NO_RETRY = { connectionRetry: false }
const ERROR = new Error('test')

/** Runs events from the start; gives the last state and all effects. */
function run(events: readonly Event[], policy = RETRY): { state: State; effects: Effect[] } {
  let state: State = INITIAL
  const effects: Effect[] = []
  for (const event of events) {
    const [next, more] = step(state, event, policy)
    state = next
    effects.push(...more)
  }
  return { state, effects }
}

const want = (want: Want, ticket = 1): Event => ({ type: 'wanted', wish: { want, ticket } })
const up = (epoch: number): Event => ({ type: 'up', epoch })
const down = (epoch: number): Event => ({ type: 'down', epoch, error: ERROR })
const failed = (epoch: number, final = false): Event => ({ type: 'failed', epoch, error: ERROR, final })
const closed = (epoch: number): Event => ({ type: 'closed', epoch })
const retry = (epoch: number): Event => ({ type: 'retry', epoch })

describe('the connection machine', () => {
  it('makes one attempt for any number of wishes to open (SRC-02)', () => {
    const { effects } = run([want('open', 1), want('open', 2), want('open', 3), up(1)])
    expect(effects.filter((effect) => effect.do === 'dial')).toHaveLength(1)
    expect(effects.filter((effect) => effect.do === 'settle').map((effect) => effect.ticket)).toEqual([
      1, 2, 3,
    ])
  })

  it('does not try a first connection again that failed (BOTH-RETRY-03)', () => {
    const { state, effects } = run([want('open'), failed(1)])
    expect(state.at).toBe('disconnected')
    expect(effects.map((effect) => effect.do)).toEqual(['dial', 'release', 'settle'])
  })

  it('mends a drop: the first try at once, the next after a pause (BOTH-RETRY-01, BOTH-INTERVAL-01)', () => {
    const { state, effects } = run([want('open'), up(1), down(1), retry(1), failed(2), retry(2), up(3)])
    expect(state).toEqual({ at: 'connected', epoch: 3 })
    expect(effects.filter((effect) => effect.do === 'pause')).toEqual([
      { do: 'pause', epoch: 1, first: true },
      { do: 'pause', epoch: 2, first: false },
    ])
  })

  it('leaves a drop alone when retry is off, and lets go what waits (BOTH-RETRY-02)', () => {
    const { state, effects } = run([want('open'), up(1), down(1)], NO_RETRY)
    expect(state.at).toBe('disconnected')
    expect(effects.at(-1)).toEqual({ do: 'release', why: { because: 'lost', error: ERROR } })
  })

  it('gives up mending after a final failure and says so (SRC-09)', () => {
    const { state, effects } = run([want('open'), up(1), down(1), retry(1), failed(2, true)])
    expect(state.at).toBe('disconnected')
    expect(effects.filter((effect) => effect.do === 'report')).toHaveLength(2)
  })

  it('connects at once for a wish during the pause, and goes on mending when that fails (SRC-10)', () => {
    const { state, effects } = run([want('open'), up(1), down(1), want('open', 2), failed(2)])
    expect(state.at).toBe('waiting')
    expect(effects.map((effect) => effect.do)).toContain('end-pause')
  })

  it('renews whatever the error is (SRC-12)', () => {
    const { state } = run([want('open'), up(1), want('renew', 2), closed(1), failed(2, true)])
    expect(state).toEqual({ at: 'waiting', epoch: 2, insist: 'renew' })
  })

  it('does not connect for a renewal (SRC-11)', () => {
    const { state, effects } = run([want('renew')])
    expect(state.at).toBe('disconnected')
    expect(effects).toEqual([{ do: 'settle', ticket: 1, outcome: 'done' }])
  })

  it('ends connected after a new token, also from disconnected (SRC-13)', () => {
    expect(run([want('reauthorize'), up(1)]).state.at).toBe('connected')
  })

  it('keeps what waits during a re-authorization (SRC-15)', () => {
    const { effects } = run([want('open'), up(1), want('reauthorize', 2), closed(1), up(2)])
    expect(effects.map((effect) => effect.do)).not.toContain('release')
  })

  it('disconnects after the attempt under way', () => {
    const { state, effects } = run([want('open', 1), want('close', 2), up(1), closed(1)])
    expect(state.at).toBe('disconnected')
    expect(effects.filter((effect) => effect.do === 'settle').map((effect) => effect.ticket)).toEqual([1, 2])
  })
})

// ------------------------------------------------------------------ any order of events

const wants = fc.constantFrom<Want>('open', 'close', 'stop', 'reauthorize', 'renew')
/** An event that says which attempt it speaks of: the present one, or one before. */
const happenings = fc.oneof(
  wants.map((wanted) => ({ wanted, age: 0, type: undefined })),
  fc.record({
    type: fc.constantFrom('up', 'failed', 'failed-finally', 'down', 'closed', 'retry'),
    age: fc.constantFrom(0, 0, 0, 1, 2),
    wanted: fc.constant(undefined),
  }),
)

function eventFor(
  happening: { readonly wanted: Want | undefined; readonly type: string | undefined; readonly age: number },
  state: State,
  ticket: number,
): Event {
  if (happening.wanted !== undefined) return want(happening.wanted, ticket)
  const epoch = Math.max(0, state.epoch - happening.age)
  switch (happening.type) {
    case 'up':
      return up(epoch)
    case 'failed':
      return failed(epoch)
    case 'failed-finally':
      return failed(epoch, true)
    case 'down':
      return down(epoch)
    case 'closed':
      return closed(epoch)
    default:
      return retry(epoch)
  }
}

describe('the connection machine, in any order of events', () => {
  const lives = fc.tuple(fc.array(happenings, { maxLength: 60 }), fc.boolean())

  /** Lives a life step by step; `see` looks at each step. */
  function live(
    happening: readonly (typeof happenings extends fc.Arbitrary<infer T> ? T : never)[],
    connectionRetry: boolean,
    see: (before: State, event: Event, after: State, effects: readonly Effect[]) => void,
  ): State {
    let state: State = INITIAL
    happening.forEach((item, index) => {
      const event = eventFor(item, state, index)
      const [next, effects] = step(state, event, { connectionRetry })
      see(state, event, next, effects)
      state = next
    })
    return state
  }

  it('never dials while another attempt or connection is not over', () => {
    fc.assert(
      fc.property(lives, ([happening, connectionRetry]) => {
        let open = false
        live(happening, connectionRetry, (before, event, _after, effects) => {
          const over =
            event.type !== 'wanted' &&
            event.epoch === before.epoch &&
            (event.type === 'failed' || event.type === 'down' || event.type === 'closed') &&
            // 'failed' and 'closed' of a connection that is up are no events of a real link
            !(before.at === 'connected' && event.type !== 'down') &&
            !(before.at === 'connecting' && event.type !== 'failed')
          if (over) open = false
          for (const effect of effects) {
            if (effect.do === 'abandon') open = false
            if (effect.do === 'dial') {
              expect(open).toBe(false)
              open = true
            }
          }
        })
      }),
    )
  })

  it('is not moved by word of an older attempt', () => {
    fc.assert(
      fc.property(lives, ([happening, connectionRetry]) => {
        live(happening, connectionRetry, (before, event, after, effects) => {
          if (event.type !== 'wanted' && event.epoch !== before.epoch) {
            expect(after).toBe(before)
            expect(effects).toEqual([])
          }
        })
      }),
    )
  })

  it('settles each wish at most once, and every wish by the time it is stopped', () => {
    fc.assert(
      fc.property(lives, ([happening, connectionRetry]) => {
        const asked = new Set<number>()
        const settled = new Set<number>()
        const see = (_before: State, event: Event, _after: State, effects: readonly Effect[]) => {
          if (event.type === 'wanted') asked.add(event.wish.ticket)
          for (const effect of effects) {
            if (effect.do !== 'settle') continue
            expect(settled.has(effect.ticket)).toBe(false)
            settled.add(effect.ticket)
          }
        }
        let state = live(happening, connectionRetry, see)
        const end = (event: Event) => {
          const [next, effects] = step(state, event, { connectionRetry })
          see(state, event, next, effects)
          state = next
        }
        end(want('stop', 1_000))
        for (let turns = 0; turns < 100 && state.at !== 'stopped'; turns++) {
          end(state.at === 'connecting' ? up(state.epoch) : closed(state.epoch))
        }
        expect(state.at).toBe('stopped')
        expect(settled).toEqual(asked)
      }),
    )
  })

  it('tells of each change of connected once, in turn', () => {
    fc.assert(
      fc.property(lives, ([happening, connectionRetry]) => {
        let announced = false
        live(happening, connectionRetry, (_before, _event, after, effects) => {
          for (const effect of effects) {
            if (effect.do !== 'state-changed') continue
            expect(effect.connected).toBe(!announced)
            announced = effect.connected
          }
          if (after.at === 'connected') expect(announced).toBe(true)
          if (!isBetween(after) && after.at !== 'connected') expect(announced).toBe(false)
        })
      }),
    )
  })

  it('stays stopped', () => {
    fc.assert(
      fc.property(lives, ([happening, connectionRetry]) => {
        live(happening, connectionRetry, (before, _event, after) => {
          if (before.at === 'stopped') expect(after.at).toBe('stopped')
        })
      }),
    )
  })
})
