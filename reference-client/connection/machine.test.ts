import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { INITIAL, isTransient, step } from './machine.ts'
import type { Action, Effect, Event, State } from './states.ts'

const RETRY = { connectionRetry: true }
const NO_RETRY = { connectionRetry: false }
const ERROR = new Error('test')

/** Runs the events from the initial state; returns the last state and all effects. */
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

const command = (action: Action, ticket = 1): Event => ({ type: 'command', command: { action, ticket } })
const up = (epoch: number): Event => ({ type: 'up', epoch })
const down = (epoch: number): Event => ({ type: 'down', epoch, error: ERROR })
const failed = (epoch: number, final = false): Event => ({ type: 'failed', epoch, error: ERROR, final })
const closed = (epoch: number): Event => ({ type: 'closed', epoch })
const retry = (epoch: number): Event => ({ type: 'retry', epoch })

describe('the connection machine', () => {
  it('makes one attempt for any number of calls to connect (SRC-02)', () => {
    const { effects } = run([command('open', 1), command('open', 2), command('open', 3), up(1)])
    expect(effects.filter((effect) => effect.type === 'dial')).toHaveLength(1)
    expect(effects.filter((effect) => effect.type === 'settle').map((effect) => effect.ticket)).toEqual([
      1, 2, 3,
    ])
  })

  it('does not retry a first connection that failed (BOTH-RETRY-03)', () => {
    const { state, effects } = run([command('open'), failed(1)])
    expect(state.type).toBe('disconnected')
    expect(effects.map((effect) => effect.type)).toEqual(['dial', 'release', 'settle'])
  })

  it('reconnects after a loss: at once first, then after a pause (BOTH-RETRY-01, BOTH-INTERVAL-01)', () => {
    const { state, effects } = run([command('open'), up(1), down(1), retry(1), failed(2), retry(2), up(3)])
    expect(state).toEqual({ type: 'connected', epoch: 3 })
    expect(effects.filter((effect) => effect.type === 'pause')).toEqual([
      { type: 'pause', epoch: 1, first: true },
      { type: 'pause', epoch: 2, first: false },
    ])
  })

  it('does not reconnect when retry is off, and releases what waits (BOTH-RETRY-02)', () => {
    const { state, effects } = run([command('open'), up(1), down(1)], NO_RETRY)
    expect(state.type).toBe('disconnected')
    expect(effects.at(-1)).toEqual({ type: 'release', why: { because: 'lost', error: ERROR } })
  })

  it('stops reconnecting after a final failure and reports it (SRC-09)', () => {
    const { state, effects } = run([command('open'), up(1), down(1), retry(1), failed(2, true)])
    expect(state.type).toBe('disconnected')
    expect(effects.filter((effect) => effect.type === 'report')).toHaveLength(2)
  })

  it('connects at once for a command during the pause, and retries when that fails (SRC-10)', () => {
    const { state, effects } = run([command('open'), up(1), down(1), command('open', 2), failed(2)])
    expect(state.type).toBe('waiting')
    expect(effects.map((effect) => effect.type)).toContain('cancel-pause')
  })

  it('retries a renewal whatever the error is (SRC-12)', () => {
    const { state } = run([command('open'), up(1), command('renew', 2), closed(1), failed(2, true)])
    expect(state).toEqual({ type: 'waiting', epoch: 2, retry: 'renew' })
  })

  it('does not connect for a renewal (SRC-11)', () => {
    const { state, effects } = run([command('renew')])
    expect(state.type).toBe('disconnected')
    expect(effects).toEqual([{ type: 'settle', ticket: 1, outcome: 'done' }])
  })

  it('ends connected after a new token, also from disconnected (SRC-13)', () => {
    expect(run([command('reauthorize'), up(1)]).state.type).toBe('connected')
  })

  it('keeps what waits during a re-authorization (SRC-15)', () => {
    const { effects } = run([command('open'), up(1), command('reauthorize', 2), closed(1), up(2)])
    expect(effects.map((effect) => effect.type)).not.toContain('release')
  })

  it('disconnects after the attempt under way', () => {
    const { state, effects } = run([command('open', 1), command('close', 2), up(1), closed(1)])
    expect(state.type).toBe('disconnected')
    expect(effects.filter((effect) => effect.type === 'settle').map((effect) => effect.ticket)).toEqual([
      1, 2,
    ])
  })
})

// ------------------------------------------------------------------ any order of events

const actions = fc.constantFrom<Action>('open', 'close', 'stop', 'reauthorize', 'renew')
/** An event of the current attempt or of an earlier one. */
const happenings = fc.oneof(
  actions.map((action) => ({ action, age: 0, type: undefined })),
  fc.record({
    type: fc.constantFrom('up', 'failed', 'failed-finally', 'down', 'closed', 'retry'),
    age: fc.constantFrom(0, 0, 0, 1, 2),
    action: fc.constant(undefined),
  }),
)

function eventFor(
  happening: { readonly action: Action | undefined; readonly type: string | undefined; readonly age: number },
  state: State,
  ticket: number,
): Event {
  if (happening.action !== undefined) return command(happening.action, ticket)
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
  const sequences = fc.tuple(fc.array(happenings, { maxLength: 60 }), fc.boolean())

  /** Runs a sequence of events; calls `see` with each step. */
  function replay(
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
      fc.property(sequences, ([happening, connectionRetry]) => {
        let open = false
        replay(happening, connectionRetry, (before, event, _after, effects) => {
          const over =
            event.type !== 'command' &&
            event.epoch === before.epoch &&
            (event.type === 'failed' || event.type === 'down' || event.type === 'closed') &&
            // 'failed' and 'closed' of a connection that is up are not events of a real link
            !(before.type === 'connected' && event.type !== 'down') &&
            !(before.type === 'connecting' && event.type !== 'failed')
          if (over) open = false
          for (const effect of effects) {
            if (effect.type === 'abandon') open = false
            if (effect.type === 'dial') {
              expect(open).toBe(false)
              open = true
            }
          }
        })
      }),
    )
  })

  it('ignores events of an older attempt', () => {
    fc.assert(
      fc.property(sequences, ([happening, connectionRetry]) => {
        replay(happening, connectionRetry, (before, event, after, effects) => {
          if (event.type !== 'command' && event.epoch !== before.epoch) {
            expect(after).toBe(before)
            expect(effects).toEqual([])
          }
        })
      }),
    )
  })

  it('settles each command at most once, and every command by the time it is stopped', () => {
    fc.assert(
      fc.property(sequences, ([happening, connectionRetry]) => {
        const asked = new Set<number>()
        const settled = new Set<number>()
        const see = (_before: State, event: Event, _after: State, effects: readonly Effect[]) => {
          if (event.type === 'command') asked.add(event.command.ticket)
          for (const effect of effects) {
            if (effect.type !== 'settle') continue
            expect(settled.has(effect.ticket)).toBe(false)
            settled.add(effect.ticket)
          }
        }
        let state = replay(happening, connectionRetry, see)
        const end = (event: Event) => {
          const [next, effects] = step(state, event, { connectionRetry })
          see(state, event, next, effects)
          state = next
        }
        end(command('stop', 1_000))
        for (let turns = 0; turns < 100 && state.type !== 'stopped'; turns++) {
          end(state.type === 'connecting' ? up(state.epoch) : closed(state.epoch))
        }
        expect(state.type).toBe('stopped')
        expect(settled).toEqual(asked)
      }),
    )
  })

  it('reports each change of connected once, in turn', () => {
    fc.assert(
      fc.property(sequences, ([happening, connectionRetry]) => {
        let announced = false
        replay(happening, connectionRetry, (_before, _event, after, effects) => {
          for (const effect of effects) {
            if (effect.type !== 'state-changed') continue
            expect(effect.connected).toBe(!announced)
            announced = effect.connected
          }
          if (after.type === 'connected') expect(announced).toBe(true)
          if (!isTransient(after) && after.type !== 'connected') expect(announced).toBe(false)
        })
      }),
    )
  })

  it('stays stopped', () => {
    fc.assert(
      fc.property(sequences, ([happening, connectionRetry]) => {
        replay(happening, connectionRetry, (before, _event, after) => {
          if (before.type === 'stopped') expect(after.type).toBe('stopped')
        })
      }),
    )
  })
})
