/**
 * One kind of thing that arrives, for receive calls or for a handler: subscribes when first asked for, keeps what
 * arrives until it is wanted. Items may be meant for a lane: a named method, a module's input.
 * Source: docs/contract/client/connection.md#client-handlers; decisions D-16, D-26, D-27.
 */

import { callWithin } from '../core/call.ts'
import { warnDeprecated } from '../core/deprecation.ts'
import { InboxEmpty, OperationCancelled } from '../core/errors/operation-errors.ts'
import { ValueError } from '../core/errors/value-error.ts'
import { HandlerRunner } from '../core/handler-runner.ts'
import { Inbox } from '../core/inbox.ts'
import { assertNotShutDown, type Session, subscribed } from './session.ts'

export interface ReceiverSettings {
  /** The attribute, for texts. */
  readonly handlerName: string
  /** The deprecated call, for texts. */
  readonly callName: string
  readonly filter: string
  /** What was sent to a lane nobody asked for: it waits for a call without a lane, or is dropped (SRC-18). */
  readonly strayItems: 'wait' | 'drop'
  /** The feature has been asked for; called once, before the subscription. */
  readonly onWanted?: () => void
}

export interface ReceiveOptions {
  readonly block: boolean | undefined
  /** Seconds. */
  readonly timeout: number | null | undefined
  readonly lane?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** What the client does with receivers of whatever kind. */
export type AnyReceiver = Pick<Receiver<unknown>, 'settled' | 'idle' | 'release'>

type HandlerOf<T> = (item: T) => unknown

export class Receiver<T> {
  readonly #session: Session
  readonly #settings: ReceiverSettings
  readonly #runner: HandlerRunner<[T]>
  readonly #general: Inbox<T>
  readonly #lanes = new Map<string, Inbox<T>>()
  #handler: HandlerOf<T> | null = null
  #wanted = false
  /** The outcome of the newest handler assignment. */
  #settled: Promise<void> = Promise.resolve()

  constructor(session: Session, settings: ReceiverSettings) {
    this.#session = session
    this.#settings = settings
    this.#general = new Inbox(session.settings.clock)
    this.#runner = new HandlerRunner(settings.handlerName, session.owner, session.report)
  }

  get handler(): HandlerOf<T> | null {
    return this.#handler
  }

  /** @throws ClientError after shutdown or receive calls; NoConnectionError; TypeError. */
  set handler(handler: HandlerOf<T> | null | undefined) {
    assertNotShutDown(this.#session)
    if (handler !== null && handler !== undefined && typeof handler !== 'function') {
      throw new TypeError(`${this.#settings.handlerName} must be a function or null`)
    }
    this.#session.mode.enter('handlers')
    this.#handler = handler ?? null
    if (this.#handler === null) this.#clearHandler()
    else this.#setHandler(this.#handler)
  }

  /** Settles when the newest handler assignment is in force at the hub. */
  get settled(): Promise<void> {
    return this.#settled
  }

  /** Something arrived. */
  deliver(item: T, lane?: string): void {
    if (this.#session.mode.mode === 'handlers') {
      this.#runner.push(item)
      return
    }
    const own = lane === undefined ? undefined : this.#lanes.get(lane)
    if (own !== undefined) own.push(item)
    else if (this.#settings.strayItems === 'wait') this.#general.push(item)
    else if (this.#session.mode.mode === undefined) this.#inbox(lane).push(item)
  }

  /**
   * The documented receive call.
   * @throws ClientError when handlers are set; ValueError for a negative time-out; the errors of connecting.
   */
  receive(options: ReceiveOptions): Promise<T | null> {
    warnDeprecated(this.#settings.callName, this.#settings.handlerName)
    return this.next(options)
  }

  /** The next item without the notice; null: none came. */
  next(options: ReceiveOptions): Promise<T | null> {
    const { connection, mode, settings } = this.#session
    return callWithin({ clock: settings.clock, limitMs: undefined }, options.signal, async (scope) => {
      if (connection.stopped) assertNotShutDown(this.#session)
      mode.enter('calls')
      const limitMs = waitOf(options)
      const inbox = this.#inbox(options.lane)
      this.#want()
      if (!this.#session.subscriptions.has(this.#settings.filter)) {
        await callWithin({ clock: settings.clock, limitMs: settings.operationTimeoutMs }, undefined, () =>
          subscribed(this.#session, this.#settings.filter),
        )
      }
      return (await inbox.take({ limitMs, signal: scope?.signal })) ?? null
    })
  }

  /** As {@link Receiver.receive}, but nothing is an error (decision D-01). */
  async receiveOrThrow(options: ReceiveOptions): Promise<T> {
    const item = await this.receive(options)
    if (item === null) throw new InboxEmpty('Nothing has been received')
    return item
  }

  /** Item after item, until the client is shut down or the signal aborts. */
  async *items(
    lane: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let item: T | null
      try {
        item = await this.next({ block: true, timeout: undefined, lane, signal })
      } catch (error) {
        const over =
          error instanceof OperationCancelled && (this.#session.connection.stopped || signal?.aborted)
        if (over === true) return
        if (error instanceof OperationCancelled) continue // disconnected: what comes next is still awaited
        throw error
      }
      if (item !== null) yield item
      if (this.#session.connection.stopped) return
    }
  }

  /** Settles when the handler has seen all that waits. */
  idle(): Promise<void> {
    return this.#runner.idle()
  }

  /** Forgets what waits. */
  discard(): void {
    this.#runner.clear()
    for (const inbox of this.#inboxes()) inbox.clear()
  }

  /** Receive calls do not wait any longer. */
  release(error: () => Error): void {
    for (const inbox of this.#inboxes()) inbox.release(error)
  }

  #setHandler(handler: HandlerOf<T>): void {
    const { connection, report, subscriptions } = this.#session
    this.#runner.handler = handler
    for (const inbox of this.#inboxes()) for (const item of inbox.clear()) this.#runner.push(item)
    this.#want()
    subscriptions.want(this.#settings.filter)
    this.#settled = Promise.resolve()
    connection.assertReachable()
    if (subscriptions.has(this.#settings.filter)) return
    this.#follow(subscribed(this.#session, this.#settings.filter), report)
  }

  #clearHandler(): void {
    const { connection, subscriptions } = this.#session
    const left = this.#runner.idle().then(() => {
      if (this.#handler !== null) return undefined // set again meanwhile
      this.#runner.handler = undefined
      subscriptions.forget(this.#settings.filter)
      return connection.connected ? subscriptions.remove(this.#settings.filter) : undefined
    })
    this.#follow(left, () => undefined)
  }

  /** Nobody may wait for the outcome: it is reported, and kept for who does. */
  #follow(outcome: Promise<void>, report: (error: Error) => void): void {
    this.#settled = outcome
    outcome.catch((error: unknown) => {
      if (error instanceof Error) report(error)
    })
  }

  #want(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#settings.onWanted?.()
  }

  /** The inbox of a lane exists from the first call for it. */
  #inbox(lane: string | undefined): Inbox<T> {
    if (lane === undefined) return this.#general
    let inbox = this.#lanes.get(lane)
    if (inbox === undefined) {
      inbox = new Inbox(this.#session.settings.clock)
      this.#lanes.set(lane, inbox)
    }
    return inbox
  }

  #inboxes(): Inbox<T>[] {
    return [this.#general, ...this.#lanes.values()]
  }
}

/** @returns milliseconds; undefined: without end. */
function waitOf({ block = true, timeout }: ReceiveOptions): number | undefined {
  if (!block) return 0
  if (timeout === undefined || timeout === null) return undefined
  if (typeof timeout !== 'number' || Number.isNaN(timeout)) {
    throw new TypeError('timeout must be a number of seconds')
  }
  if (timeout < 0) throw new ValueError(`timeout must not be negative, was ${timeout}`)
  return timeout * 1_000
}
