/**
 * The life of a connection as a pure function: (state, event) to (state, effects). `connection.ts` performs the effects;
 * no other code decides when to connect, close or retry.
 * Source: docs/contract/client/connection.md#client-loss.
 *
 * | state          | stable | transitions                                                                     |
 * |----------------|--------|---------------------------------------------------------------------------------|
 * | disconnected   | yes    | open, reauthorize → connecting; stop → stopped                                  |
 * | connecting     | no     | up → connected; failed → disconnected, or waiting while reconnecting            |
 * | connected      | yes    | close, stop → disconnecting; reauthorize, renew → reauthorizing; down → waiting |
 * | reauthorizing  | no     | closed → connecting                                                             |
 * | disconnecting  | no     | closed → disconnected or stopped                                                |
 * | waiting        | yes    | retry, open, reauthorize → connecting; close → disconnected; stop → stopped     |
 * | stopped        | final  |                                                                                 |
 *
 * Commands that arrive while the state is not stable wait in `queue`, in order. Each attempt to connect has its own
 * epoch; events of an older epoch change nothing.
 */

import type { Command, Effect, Event, Outcome, Policy, Release, Retry, State } from './states.ts'

type Step = readonly [State, readonly Effect[]]

export const INITIAL: State = Object.freeze({ type: 'disconnected', epoch: 0 })

/** One step of the machine: the next state, and the effects to perform in their order. */
export function step(state: State, event: Event, policy: Policy): Step {
  if (event.type === 'command') return onCommand(state, event.command)
  if (event.epoch !== state.epoch) return [state, []]
  switch (event.type) {
    case 'up':
      return state.type === 'connecting' ? established(state) : [state, []]
    case 'failed':
      return state.type === 'connecting' ? failed(state, event, policy) : closed(state)
    case 'down':
      return state.type === 'connected' ? dropped(state, event.error, policy) : closed(state)
    case 'closed':
      return closed(state, event.error)
    case 'retry':
      return state.type === 'waiting' ? dial(state.epoch, [], state.retry) : [state, []]
  }
}

/** The state changes without a further command: an operation that needs the connection waits instead of failing. */
export function isTransient(state: State): boolean {
  return state.type === 'connecting' || state.type === 'reauthorizing' || state.type === 'disconnecting'
}

function onCommand(state: State, command: Command): Step {
  switch (state.type) {
    case 'stopped':
      return [state, [settle(command.ticket, 'shut-down')]]
    case 'disconnected':
      return onCommandWhileDown(state, command, 'none', [])
    case 'waiting':
      return onCommandWhileDown(state, command, state.retry, [{ type: 'cancel-pause' }])
    case 'connected':
      return onCommandWhileUp(state, command)
    case 'connecting':
      if (command.action === 'stop') return stopDialing(state, command)
      if (command.action === 'open' && state.queue.length === 0) {
        return [{ ...state, tickets: [...state.tickets, command.ticket] }, []] // one CONNECT for all (SRC-02)
      }
      return [{ ...state, queue: [...state.queue, command] }, []]
    case 'reauthorizing':
      if (command.action === 'open' && state.queue.length === 0) {
        return [{ ...state, tickets: [...state.tickets, command.ticket] }, []]
      }
      return [{ ...state, queue: [...state.queue, command] }, []]
    case 'disconnecting':
      if (command.action === 'close' && state.queue.length === 0 && !state.permanent) {
        return [{ ...state, tickets: [...state.tickets, command.ticket] }, []]
      }
      return [{ ...state, queue: [...state.queue, command] }, []]
  }
}

function onCommandWhileDown(
  state: Extract<State, { type: 'disconnected' | 'waiting' }>,
  { action, ticket }: Command,
  retry: Retry,
  cancelPause: readonly Effect[],
): Step {
  switch (action) {
    case 'open':
      return prepend(cancelPause, dial(state.epoch, [ticket], retry))
    case 'reauthorize':
      return prepend(cancelPause, dial(state.epoch, [ticket], 'none'))
    case 'renew':
      return [state, [settle(ticket, 'done')]] // the next connection uses the new token (SRC-11)
    case 'close':
      return [
        { type: 'disconnected', epoch: state.epoch },
        [...cancelPause, release(CANCELLED), settle(ticket, 'done')],
      ]
    case 'stop':
      return [
        { type: 'stopped', epoch: state.epoch },
        [...cancelPause, release(CANCELLED), settle(ticket, 'done')],
      ]
  }
}

function onCommandWhileUp(state: Extract<State, { type: 'connected' }>, { action, ticket }: Command): Step {
  const close: Effect = { type: 'close', epoch: state.epoch }
  switch (action) {
    case 'open':
      return [state, [settle(ticket, 'done')]]
    case 'close':
    case 'stop':
      return [
        {
          type: 'disconnecting',
          epoch: state.epoch,
          tickets: [ticket],
          permanent: action === 'stop',
          queue: [],
        },
        [close, release(CANCELLED)],
      ]
    case 'reauthorize':
    case 'renew':
      return [
        {
          type: 'reauthorizing',
          epoch: state.epoch,
          tickets: [ticket],
          retry: action === 'renew' ? 'renew' : 'none',
          queue: [],
        },
        [close],
      ]
  }
}

function established(state: Extract<State, { type: 'connecting' }>): Step {
  return withQueue(
    [
      { type: 'connected', epoch: state.epoch },
      [
        { type: 'state-changed', connected: true },
        { type: 'flush', epoch: state.epoch },
        ...state.tickets.map((ticket) => settle(ticket, 'done')),
      ],
    ],
    state.queue,
  )
}

function failed(
  state: Extract<State, { type: 'connecting' }>,
  { error, final }: { readonly error: Error; readonly final: boolean },
  policy: Policy,
): Step {
  const told = state.tickets.map((ticket) => settle(ticket, error))
  const background: readonly Effect[] = state.retry === 'none' ? [] : [{ type: 'report', error }]
  const again = policy.connectionRetry && (state.retry === 'renew' || (state.retry === 'reconnect' && !final))
  if (again) {
    return withQueue(
      [
        { type: 'waiting', epoch: state.epoch, retry: state.retry },
        [...background, { type: 'pause', epoch: state.epoch, first: false }, ...told],
      ],
      state.queue,
    )
  }
  return withQueue(
    [
      { type: 'disconnected', epoch: state.epoch },
      [...background, release({ because: 'lost', error }), ...told],
    ],
    state.queue,
  )
}

function dropped(state: Extract<State, { type: 'connected' }>, error: Error, policy: Policy): Step {
  const told: readonly Effect[] = [
    { type: 'state-changed', connected: false },
    { type: 'report', error },
  ]
  return policy.connectionRetry
    ? [
        { type: 'waiting', epoch: state.epoch, retry: 'reconnect' },
        [...told, { type: 'pause', epoch: state.epoch, first: true }],
      ]
    : [{ type: 'disconnected', epoch: state.epoch }, [...told, release({ because: 'lost', error })]]
}

function closed(state: State, error?: Error): Step {
  if (state.type === 'reauthorizing') {
    const [next, effects] = dial(state.epoch, state.tickets, state.retry)
    return [{ ...next, queue: state.queue }, [{ type: 'state-changed', connected: false }, ...effects]]
  }
  if (state.type !== 'disconnecting') return [state, []]
  return withQueue(
    [
      { type: state.permanent ? 'stopped' : 'disconnected', epoch: state.epoch },
      [
        { type: 'state-changed', connected: false },
        ...state.tickets.map((ticket) => settle(ticket, error ?? 'done')),
      ],
    ],
    state.queue,
  )
}

/** Shutdown aborts an attempt that is under way. */
function stopDialing(state: Extract<State, { type: 'connecting' }>, command: Command): Step {
  const cancelled = [...state.tickets, ...state.queue.map(({ ticket }) => ticket)]
  return [
    { type: 'stopped', epoch: state.epoch },
    [
      { type: 'abandon', epoch: state.epoch },
      ...cancelled.map((ticket) => settle(ticket, 'cancelled')),
      release(CANCELLED),
      settle(command.ticket, 'done'),
    ],
  ]
}

function dial(
  lastEpoch: number,
  tickets: readonly number[],
  retry: Retry,
): readonly [Extract<State, { type: 'connecting' }>, readonly Effect[]] {
  const epoch = lastEpoch + 1
  return [{ type: 'connecting', epoch, tickets, retry, queue: [] }, [{ type: 'dial', epoch }]]
}

/** Runs the commands of the queue, one after the other. */
function withQueue(reached: Step, queue: readonly Command[]): Step {
  let [state, effects] = reached
  for (const command of queue) {
    const [next, more] = onCommand(state, command)
    state = next
    effects = [...effects, ...more]
  }
  return [state, effects]
}

function prepend(first: readonly Effect[], [state, effects]: Step): Step {
  return [state, [...first, ...effects]]
}

const CANCELLED: Release = { because: 'cancelled' }

function release(why: Release): Effect {
  return { type: 'release', why }
}

function settle(ticket: number, outcome: Outcome): Effect {
  return { type: 'settle', ticket, outcome }
}
