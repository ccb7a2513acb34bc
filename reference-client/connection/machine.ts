/**
 * The connection's life as a pure function: (state, event) to (state, effects). `connection.ts` performs the effects;
 * nobody else decides about connecting, closing or trying again.
 * Source: docs/contract/client/connection.md#client-loss.
 *
 * | state          | stable | leaves it by                                                                    |
 * |----------------|--------|---------------------------------------------------------------------------------|
 * | disconnected   | yes    | open, reauthorize → connecting; stop → stopped                                  |
 * | connecting     | no     | up → connected; failed → disconnected, or waiting when a drop is being mended   |
 * | connected      | yes    | close, stop → disconnecting; reauthorize, renew → reauthorizing; down → waiting |
 * | reauthorizing  | no     | closed → connecting                                                             |
 * | disconnecting  | no     | closed → disconnected or stopped                                                |
 * | waiting        | yes    | retry, open, reauthorize → connecting; close → disconnected; stop → stopped     |
 * | stopped        | end    |                                                                                 |
 *
 * What the application wants while the state is not stable waits in `queue`, in order. An epoch numbers each attempt to
 * connect; word of an older epoch changes nothing.
 */

/**
 * What may be wanted. `reauthorize` (a token was given) ends connected or fails; `renew` (a token was made) comes from
 * the client itself, matters only while connected, and is tried until it works.
 */
export type Want = 'open' | 'close' | 'stop' | 'reauthorize' | 'renew'

/** Somebody's wish; `ticket` says whom to tell. */
export interface Wish {
  readonly want: Want
  readonly ticket: number
}

export type State =
  | { readonly at: 'disconnected'; readonly epoch: number }
  | {
      readonly at: 'connecting'
      readonly epoch: number
      readonly tickets: readonly number[]
      /** What goes on when this attempt fails: nothing, mending a drop, or renewing whatever the error is. */
      readonly insist: Insistence
      readonly queue: readonly Wish[]
    }
  | { readonly at: 'connected'; readonly epoch: number }
  | {
      readonly at: 'reauthorizing'
      readonly epoch: number
      readonly tickets: readonly number[]
      readonly insist: Insistence
      readonly queue: readonly Wish[]
    }
  | {
      readonly at: 'disconnecting'
      readonly epoch: number
      readonly tickets: readonly number[]
      readonly forGood: boolean
      readonly queue: readonly Wish[]
    }
  | { readonly at: 'waiting'; readonly epoch: number; readonly insist: Insistence }
  | { readonly at: 'stopped'; readonly epoch: number }

export type Insistence = 'no' | 'mend' | 'renew'

export type Event =
  | { readonly type: 'wanted'; readonly wish: Wish }
  /** The attempt succeeded. */
  | { readonly type: 'up'; readonly epoch: number }
  /** The attempt failed. `final`: trying again cannot help (credentials, protocol, proxy). */
  | { readonly type: 'failed'; readonly epoch: number; readonly error: Error; readonly final: boolean }
  /** An established connection was lost. */
  | { readonly type: 'down'; readonly epoch: number; readonly error: Error }
  /** The close that was ordered is done; `error`: not as it should have been. */
  | { readonly type: 'closed'; readonly epoch: number; readonly error?: Error }
  /** The pause between two attempts is over. */
  | { readonly type: 'retry'; readonly epoch: number }

/** Why what waits for the connection is let go. */
export type Release = { readonly because: 'cancelled' } | { readonly because: 'lost'; readonly error: Error }

export type Effect =
  | { readonly do: 'dial'; readonly epoch: number }
  | { readonly do: 'hang-up'; readonly epoch: number }
  /** An attempt that is not finished is of no use any more. */
  | { readonly do: 'abandon'; readonly epoch: number }
  /** `first`: at once, else after the interval. */
  | { readonly do: 'pause'; readonly epoch: number; readonly first: boolean }
  | { readonly do: 'end-pause' }
  | { readonly do: 'settle'; readonly ticket: number; readonly outcome: Outcome }
  | { readonly do: 'state-changed'; readonly connected: boolean }
  /** A background exception. */
  | { readonly do: 'report'; readonly error: Error }
  /** What waits for the connection goes out now. */
  | { readonly do: 'flush'; readonly epoch: number }
  | { readonly do: 'release'; readonly why: Release }

export type Outcome = 'done' | 'cancelled' | 'shut-down' | Error

export interface Policy {
  /** Mend drops and insist on renewals. */
  readonly connectionRetry: boolean
}

type Step = readonly [State, readonly Effect[]]

export const INITIAL: State = Object.freeze({ at: 'disconnected', epoch: 0 })

/** One step of the machine. */
export function step(state: State, event: Event, policy: Policy): Step {
  if (event.type === 'wanted') return wanted(state, event.wish)
  if (event.epoch !== state.epoch) return [state, []]
  switch (event.type) {
    case 'up':
      return state.at === 'connecting' ? arrived(state) : [state, []]
    case 'failed':
      return state.at === 'connecting' ? failed(state, event, policy) : closed(state)
    case 'down':
      return state.at === 'connected' ? dropped(state, event.error, policy) : closed(state)
    case 'closed':
      return closed(state, event.error)
    case 'retry':
      return state.at === 'waiting' ? dial(state.epoch, [], state.insist) : [state, []]
  }
}

/** Is an operation that needs the connection to wait, rather than to be refused? */
export function isBetween(state: State): boolean {
  return state.at === 'connecting' || state.at === 'reauthorizing' || state.at === 'disconnecting'
}

function wanted(state: State, wish: Wish): Step {
  switch (state.at) {
    case 'stopped':
      return [state, [settle(wish.ticket, 'shut-down')]]
    case 'disconnected':
      return wantedWhileDown(state, wish, 'no', [])
    case 'waiting':
      return wantedWhileDown(state, wish, state.insist, [{ do: 'end-pause' }])
    case 'connected':
      return wantedWhileUp(state, wish)
    case 'connecting':
      if (wish.want === 'stop') return stopDialling(state, wish)
      if (wish.want === 'open' && state.queue.length === 0) {
        return [{ ...state, tickets: [...state.tickets, wish.ticket] }, []] // one CONNECT for all (SRC-02)
      }
      return [{ ...state, queue: [...state.queue, wish] }, []]
    case 'reauthorizing':
      if (wish.want === 'open' && state.queue.length === 0) {
        return [{ ...state, tickets: [...state.tickets, wish.ticket] }, []]
      }
      return [{ ...state, queue: [...state.queue, wish] }, []]
    case 'disconnecting':
      if (wish.want === 'close' && state.queue.length === 0 && !state.forGood) {
        return [{ ...state, tickets: [...state.tickets, wish.ticket] }, []]
      }
      return [{ ...state, queue: [...state.queue, wish] }, []]
  }
}

function wantedWhileDown(
  state: Extract<State, { at: 'disconnected' | 'waiting' }>,
  { want, ticket }: Wish,
  insist: Insistence,
  endPause: readonly Effect[],
): Step {
  switch (want) {
    case 'open':
      return before(endPause, dial(state.epoch, [ticket], insist))
    case 'reauthorize':
      return before(endPause, dial(state.epoch, [ticket], 'no'))
    case 'renew':
      return [state, [settle(ticket, 'done')]] // the new token is used next time (SRC-11)
    case 'close':
      return [
        { at: 'disconnected', epoch: state.epoch },
        [...endPause, release(CANCELLED), settle(ticket, 'done')],
      ]
    case 'stop':
      return [
        { at: 'stopped', epoch: state.epoch },
        [...endPause, release(CANCELLED), settle(ticket, 'done')],
      ]
  }
}

function wantedWhileUp(state: Extract<State, { at: 'connected' }>, { want, ticket }: Wish): Step {
  const hangUp: Effect = { do: 'hang-up', epoch: state.epoch }
  switch (want) {
    case 'open':
      return [state, [settle(ticket, 'done')]]
    case 'close':
    case 'stop':
      return [
        {
          at: 'disconnecting',
          epoch: state.epoch,
          tickets: [ticket],
          forGood: want === 'stop',
          queue: [],
        },
        [hangUp, release(CANCELLED)],
      ]
    case 'reauthorize':
    case 'renew':
      return [
        {
          at: 'reauthorizing',
          epoch: state.epoch,
          tickets: [ticket],
          insist: want === 'renew' ? 'renew' : 'no',
          queue: [],
        },
        [hangUp],
      ]
  }
}

function arrived(state: Extract<State, { at: 'connecting' }>): Step {
  return then(
    [
      { at: 'connected', epoch: state.epoch },
      [
        { do: 'state-changed', connected: true },
        { do: 'flush', epoch: state.epoch },
        ...state.tickets.map((ticket) => settle(ticket, 'done')),
      ],
    ],
    state.queue,
  )
}

function failed(
  state: Extract<State, { at: 'connecting' }>,
  { error, final }: { readonly error: Error; readonly final: boolean },
  policy: Policy,
): Step {
  const told = state.tickets.map((ticket) => settle(ticket, error))
  const background: readonly Effect[] = state.insist === 'no' ? [] : [{ do: 'report', error }]
  const again = policy.connectionRetry && (state.insist === 'renew' || (state.insist === 'mend' && !final))
  if (again) {
    return then(
      [
        { at: 'waiting', epoch: state.epoch, insist: state.insist },
        [...background, { do: 'pause', epoch: state.epoch, first: false }, ...told],
      ],
      state.queue,
    )
  }
  return then(
    [
      { at: 'disconnected', epoch: state.epoch },
      [...background, release({ because: 'lost', error }), ...told],
    ],
    state.queue,
  )
}

function dropped(state: Extract<State, { at: 'connected' }>, error: Error, policy: Policy): Step {
  const told: readonly Effect[] = [
    { do: 'state-changed', connected: false },
    { do: 'report', error },
  ]
  return policy.connectionRetry
    ? [
        { at: 'waiting', epoch: state.epoch, insist: 'mend' },
        [...told, { do: 'pause', epoch: state.epoch, first: true }],
      ]
    : [{ at: 'disconnected', epoch: state.epoch }, [...told, release({ because: 'lost', error })]]
}

function closed(state: State, error?: Error): Step {
  if (state.at === 'reauthorizing') {
    const [next, effects] = dial(state.epoch, state.tickets, state.insist)
    return [{ ...next, queue: state.queue }, [{ do: 'state-changed', connected: false }, ...effects]]
  }
  if (state.at !== 'disconnecting') return [state, []]
  return then(
    [
      { at: state.forGood ? 'stopped' : 'disconnected', epoch: state.epoch },
      [
        { do: 'state-changed', connected: false },
        ...state.tickets.map((ticket) => settle(ticket, error ?? 'done')),
      ],
    ],
    state.queue,
  )
}

/** Shutdown does not wait for an attempt to end: what it would bring is not wanted any more. */
function stopDialling(state: Extract<State, { at: 'connecting' }>, wish: Wish): Step {
  const cancelled = [...state.tickets, ...state.queue.map(({ ticket }) => ticket)]
  return [
    { at: 'stopped', epoch: state.epoch },
    [
      { do: 'abandon', epoch: state.epoch },
      ...cancelled.map((ticket) => settle(ticket, 'cancelled')),
      release(CANCELLED),
      settle(wish.ticket, 'done'),
    ],
  ]
}

function dial(
  lastEpoch: number,
  tickets: readonly number[],
  insist: Insistence,
): readonly [Extract<State, { at: 'connecting' }>, readonly Effect[]] {
  const epoch = lastEpoch + 1
  return [{ at: 'connecting', epoch, tickets, insist, queue: [] }, [{ do: 'dial', epoch }]]
}

/** What waited in the queue is wanted now, one after the other. */
function then(reached: Step, queue: readonly Wish[]): Step {
  let [state, effects] = reached
  for (const wish of queue) {
    const [next, more] = wanted(state, wish)
    state = next
    effects = [...effects, ...more]
  }
  return [state, effects]
}

function before(first: readonly Effect[], [state, effects]: Step): Step {
  return [state, [...first, ...effects]]
}

const CANCELLED: Release = { because: 'cancelled' }

function release(why: Release): Effect {
  return { do: 'release', why }
}

function settle(ticket: number, outcome: Outcome): Effect {
  return { do: 'settle', ticket, outcome }
}
