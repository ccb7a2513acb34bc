/**
 * A registration as a pure function of state and event: connect, subscribe, register, poll until the service has decided,
 * disconnect. `registration.ts` performs the effects.
 *
 * | state       | event                          | next                                          |
 * | ----------- | ------------------------------ | --------------------------------------------- |
 * | connecting  | up                             | subscribing                                   |
 * | subscribing | subscribed                     | requesting (register)                         |
 * | requesting  | answer: assigning              | waiting, then requesting (poll)               |
 * | requesting  | answer: 429 or more            | waiting, then the same request again          |
 * | requesting  | answer: assigned, or any other | closing, then done                            |
 * | requesting  | no answer in 30 s              | closing, then done                            |
 * | any         | failed, down                   | done                                          |
 */

import { ClientError, ConnectionDroppedError } from '../core/errors/client-errors.ts'
import { OperationTimeout } from '../core/errors/operation-errors.ts'
import { ServiceError, serviceErrorFrom } from '../core/errors/service-error.ts'
import type { AnswerTopic } from './topics.ts'
import {
  readAnswer,
  resultFrom,
  textMember,
  type AnswerBody,
  type RegistrationResult,
} from './registration-result.ts'

/** Seconds between two requests when the service names none. */
const DEFAULT_WAIT_SECONDS = 2
/** How long an answer may take. */
export const ANSWER_LIMIT_MS = 30_000
/** From here on a status means: later. */
const LATER = 429

export type Request = { readonly type: 'register' } | { readonly type: 'poll'; readonly operationId: string }

export type Outcome = { readonly result: RegistrationResult } | { readonly error: Error }

export type State =
  | { readonly at: 'connecting' | 'subscribing' }
  | { readonly at: 'requesting'; readonly request: Request; readonly requestId: string }
  | { readonly at: 'waiting'; readonly request: Request; readonly requestId: string }
  | { readonly at: 'closing'; readonly outcome: Outcome }
  | { readonly at: 'done' }

export type Event =
  | { readonly type: 'up' }
  | { readonly type: 'failed' | 'down'; readonly error: Error }
  | { readonly type: 'subscribed'; readonly error?: Error | undefined }
  | { readonly type: 'answer'; readonly topic: AnswerTopic; readonly body: string }
  /** The timer that the last effect `timer` has set. */
  | { readonly type: 'elapsed' }
  | { readonly type: 'cancelled'; readonly error: Error }
  | { readonly type: 'closed' }

export type Effect =
  | { readonly type: 'subscribe' }
  | { readonly type: 'request'; readonly request: Request; readonly requestId: string }
  /** Replaces the timer before it; undefined: none. */
  | { readonly type: 'timer'; readonly ms: number | undefined }
  | { readonly type: 'close' }
  | { readonly type: 'settle'; readonly outcome: Outcome }

export type Step = readonly [state: State, ...effects: Effect[]]

const NO_TIMER: Effect = { type: 'timer', ms: undefined }

/** How it begins: the caller dials. @param limitMs how long CONNACK may take. */
export function begin(limitMs: number): Step {
  return [{ at: 'connecting' }, { type: 'timer', ms: limitMs }]
}

export function step(state: State, event: Event): Step {
  if (state.at === 'done') return [state]
  if (event.type === 'cancelled') return state.at === 'closing' ? [state] : close({ error: event.error })
  if (state.at === 'closing') {
    const over = event.type === 'closed' || event.type === 'down' || event.type === 'failed'
    return over ? finish(state.outcome) : [state]
  }
  if (event.type === 'failed') return finish({ error: event.error })
  if (event.type === 'down') return finish({ error: dropped(event.error) })
  switch (state.at) {
    case 'connecting':
      if (event.type === 'up')
        return [{ at: 'subscribing' }, { type: 'timer', ms: ANSWER_LIMIT_MS }, { type: 'subscribe' }]
      if (event.type === 'elapsed')
        return close({ error: new OperationTimeout('Could not connect to the provisioning service in time') })
      return [state]
    case 'subscribing':
      if (event.type === 'subscribed')
        return event.error === undefined
          ? send({ type: 'register' }, '1')
          : close({ error: failure('The provisioning service refused the subscription', event.error) })
      return event.type === 'elapsed' ? close({ error: noAnswer('subscription') }) : [state]
    case 'requesting':
      if (event.type === 'answer' && event.topic.requestId === state.requestId) return answered(state, event)
      return event.type === 'elapsed' ? close({ error: noAnswer(state.request.type) }) : [state]
    case 'waiting':
      return event.type === 'elapsed' ? send(state.request, next(state.requestId)) : [state]
  }
}

function answered(
  { request, requestId }: Extract<State, { at: 'requesting' }>,
  { topic: { status, retryAfter }, body: text }: Extract<Event, { type: 'answer' }>,
): Step {
  const wait: Effect = { type: 'timer', ms: (retryAfter ?? DEFAULT_WAIT_SECONDS) * 1_000 }
  if (status >= LATER) return [{ at: 'waiting', request, requestId }, wait]
  if (status >= 300) {
    const cause = serviceErrorFrom(`${request.type} was answered with status ${String(status)}`, status, text)
    return close({ error: failure(`The provisioning service refused to ${request.type}`, cause) })
  }
  let body: AnswerBody
  try {
    body = readAnswer(text)
  } catch (error) {
    return close({
      error: failure('The provisioning service answered with a body that cannot be read', error),
    })
  }
  const operationId = body.operationId ?? (request.type === 'poll' ? request.operationId : undefined)
  if (body.status === 'assigning' && operationId !== undefined)
    return [{ at: 'waiting', request: { type: 'poll', operationId }, requestId }, wait]
  if (body.status === 'assigned' && operationId !== undefined && body.state !== undefined) {
    const result = resultFrom(operationId, body.status, body.state)
    if (result !== undefined) return close({ result })
  }
  return close({ error: undecided(status, body, text) })
}

/** The service ended the registration otherwise than by an assignment. */
function undecided(
  status: number,
  { status: ended = 'unknown', state }: AnswerBody,
  text: string,
): ClientError {
  const why = state === undefined ? undefined : textMember(state, 'errorMessage')
  const { errorCode, trackingId } = serviceErrorFrom('', status, text)
  const message = `The registration ended with status ${ended}${why === undefined ? '' : `: ${why}`}`
  return failure(message, new ServiceError(message, { status, errorCode, trackingId }))
}

function send(request: Request, requestId: string): Step {
  return [
    { at: 'requesting', request, requestId },
    { type: 'timer', ms: ANSWER_LIMIT_MS },
    { type: 'request', request, requestId },
  ]
}

/** Disconnects before it settles (PROV-REG-06). */
function close(outcome: Outcome): Step {
  return [{ at: 'closing', outcome }, NO_TIMER, { type: 'close' }]
}

function finish(outcome: Outcome): Step {
  return [{ at: 'done' }, NO_TIMER, { type: 'settle', outcome }]
}

function next(requestId: string): string {
  return String(Number(requestId) + 1)
}

function noAnswer(what: string): ClientError {
  const message = `No answer to the ${what} within ${String(ANSWER_LIMIT_MS / 1_000)} s`
  return failure(message, new ServiceError(message, { status: 408 }))
}

function dropped(error: Error): Error {
  return error instanceof ConnectionDroppedError
    ? error
    : new ConnectionDroppedError('The connection was lost', { cause: error })
}

function failure(message: string, cause: unknown): ClientError {
  return new ClientError(message, { cause })
}
