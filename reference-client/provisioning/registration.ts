/** Performs one registration: what `machine.ts` decides happens on a link and a clock. */

import { atEndOfTurn, type Clock } from '../core/clock.ts'
import { asDocumented } from '../core/errors/as-documented.ts'
import { OperationCancelled } from '../core/errors/operation-errors.ts'
import type { Link, Transport } from '../core/ports.ts'
import { begin, step, type Effect, type Event, type Request, type State, type Step } from './machine.ts'
import type { RegistrationResult } from './registration-result.ts'
import { ANSWERS_FILTER, parseAnswerTopic, pollTopic, registerTopic } from './topics.ts'

/** How long CONNACK may take, with the handshakes before it. */
const CONNECT_LIMIT_MS = 60_000
/** A link never carries as many requests. */
const MOST_PACKET_IDS = 60_000

export interface RegistrationRun {
  readonly transport: Transport
  readonly clock: Clock
  /** The password of CONNECT; undefined: a certificate proves the device. */
  readonly sasToken: string | undefined
  /** Body of the register request. */
  readonly body: string
  readonly signal: AbortSignal | undefined
}

/** @returns the result when the service has assigned the device and the link is closed. @throws the documented errors. */
export function runRegistration(run: RegistrationRun): Promise<RegistrationResult> {
  return new Promise((resolve, reject) => {
    new Registration(run, resolve, reject).start()
  })
}

class Registration {
  readonly #run: RegistrationRun
  readonly #resolve: (result: RegistrationResult) => void
  readonly #reject: (error: Error) => void
  #state: State = { at: 'connecting' }
  #link: Link | undefined
  #cancelTimer: () => void = nothing
  #packetId = 0

  constructor(
    run: RegistrationRun,
    resolve: (result: RegistrationResult) => void,
    reject: (error: Error) => void,
  ) {
    this.#run = run
    this.#resolve = resolve
    this.#reject = reject
  }

  start(): void {
    const { transport, sasToken, signal } = this.#run
    this.#take(begin(CONNECT_LIMIT_MS))
    this.#link = transport.dial(sasToken, {
      up: () => {
        this.#happen({ type: 'up' })
      },
      failed: (error) => {
        this.#happen({ type: 'failed', error })
      },
      down: (error) => {
        this.#happen({ type: 'down', error })
      },
      received: (topic, payload) => {
        const parsed = parseAnswerTopic(topic)
        if (parsed !== undefined)
          this.#happen({ type: 'answer', topic: parsed, body: payload.toString('utf8') })
      },
    })
    if (signal?.aborted === true) this.#cancel()
    else signal?.addEventListener('abort', this.#cancel, { once: true })
  }

  readonly #cancel = (): void => {
    const error = new OperationCancelled('The registration was cancelled', {
      cause: this.#run.signal?.reason,
    })
    this.#happen({ type: 'cancelled', error })
  }

  #happen(event: Event): void {
    this.#take(step(this.#state, event))
  }

  #take([state, ...effects]: Step): void {
    this.#state = state
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'subscribe':
        this.#link?.subscribe(ANSWERS_FILTER, (error) => {
          this.#happen({ type: 'subscribed', error })
        })
        return
      case 'request':
        this.#send(effect.request, effect.requestId)
        return
      case 'timer':
        this.#cancelTimer()
        this.#cancelTimer =
          effect.ms === undefined
            ? nothing
            : this.#run.clock.schedule(effect.ms, () => {
                this.#happen({ type: 'elapsed' })
              })
        return
      case 'close':
        this.#close()
        return
      case 'settle':
        this.#run.signal?.removeEventListener('abort', this.#cancel)
        if ('result' in effect.outcome) this.#resolve(effect.outcome.result)
        else this.#reject(asDocumented(effect.outcome.error))
    }
  }

  #send(request: Request, requestId: string): void {
    this.#packetId = (this.#packetId % MOST_PACKET_IDS) + 1
    const topic =
      request.type === 'register' ? registerTopic(requestId) : pollTopic(requestId, request.operationId)
    const body = request.type === 'register' ? this.#run.body : ' '
    this.#link?.publish(this.#packetId, topic, body, false, nothing)
  }

  #close(): void {
    const closed = (): void => {
      this.#happen({ type: 'closed' })
    }
    // Before the link is there (a signal that was aborted), nothing is to be closed.
    if (this.#link === undefined) atEndOfTurn(closed)
    else this.#link.close(closed)
  }
}

function nothing(): void {
  // Nothing is scheduled, and the answer tells more than its acknowledgement.
}
