/**
 * Receives one kind of item, for receive calls or for a handler. Subscribes at the first use and keeps items until they
 * are taken. An item can belong to a channel: a method name, or the input of a module.
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
  /** Name of the attribute, for messages. */
  readonly handlerName: string
  /** Name of the deprecated call, for messages. */
  readonly callName: string
  readonly filter: string
  /** Items of a channel without a call: kept for a call without a channel, or dropped (SRC-18). */
  readonly unclaimed: 'keep' | 'drop'
  /** Called once, at the first use, before the subscription. */
  readonly onWanted?: () => void
}

export interface ReceiveOptions {
  readonly block: boolean | undefined
  /** Seconds. */
  readonly timeout: number | null | undefined
  readonly channel?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** What the client needs of every receiver. */
export type AnyReceiver = Pick<Receiver<unknown>, 'settled' | 'idle' | 'release'>

type HandlerOf<T> = (item: T) => unknown

export class Receiver<T> {
  readonly #session: Session
  readonly #settings: ReceiverSettings
  readonly #runner: HandlerRunner<[T]>
  readonly #general: Inbox<T>
  readonly #channels = new Map<string, Inbox<T>>()
  #handler: HandlerOf<T> | null = null
  #wanted = false
  /** The outcome of the latest handler assignment. */
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

  /** Settles when the latest handler assignment is in force at the hub. */
  get settled(): Promise<void> {
    return this.#settled
  }

  /** An item arrived. */
  deliver(item: T, channel?: string): void {
    if (this.#session.mode.mode === 'handlers') {
      this.#runner.push(item)
      return
    }
    const own = channel === undefined ? undefined : this.#channels.get(channel)
    if (own !== undefined) own.push(item)
    else if (this.#settings.unclaimed === 'keep') this.#general.push(item)
    else if (this.#session.mode.mode === undefined) this.#inbox(channel).push(item)
  }

  /**
   * The documented receive call; warns that it is deprecated.
   * @throws ClientError when handlers are set; ValueError for a negative timeout; the errors of connecting.
   */
  receive(options: ReceiveOptions): Promise<T | null> {
    warnDeprecated(this.#settings.callName, this.#settings.handlerName)
    return this.next(options)
  }

  /** The next item, without the warning; null: none arrived. */
  next(options: ReceiveOptions): Promise<T | null> {
    const { connection, mode, settings } = this.#session
    return callWithin({ clock: settings.clock, limitMs: undefined }, options.signal, async (scope) => {
      if (connection.stopped) assertNotShutDown(this.#session)
      mode.enter('calls')
      const limitMs = waitOf(options)
      const inbox = this.#inbox(options.channel)
      this.#want()
      if (!this.#session.subscriptions.has(this.#settings.filter)) {
        await callWithin({ clock: settings.clock, limitMs: settings.operationTimeoutMs }, undefined, () =>
          subscribed(this.#session, this.#settings.filter),
        )
      }
      return (await inbox.take({ limitMs, signal: scope?.signal })) ?? null
    })
  }

  /** As {@link Receiver.receive}, but no item is an error (decision D-01). @throws InboxEmpty. */
  async receiveOrThrow(options: ReceiveOptions): Promise<T> {
    const item = await this.receive(options)
    if (item === null) throw new InboxEmpty('No item was received')
    return item
  }

  /** The items as they arrive, until the client is shut down or the signal aborts. */
  async *items(
    channel: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let item: T | null
      try {
        item = await this.next({ block: true, timeout: undefined, channel, signal })
      } catch (error) {
        const ended =
          error instanceof OperationCancelled && (this.#session.connection.stopped || signal?.aborted)
        if (ended === true) return
        if (error instanceof OperationCancelled) continue // disconnected: waits for the next connection
        throw error
      }
      if (item !== null) yield item
      if (this.#session.connection.stopped) return
    }
  }

  /** Settles when the handler has processed every waiting item. */
  idle(): Promise<void> {
    return this.#runner.idle()
  }

  /** Discards the waiting items. */
  discard(): void {
    this.#runner.clear()
    for (const inbox of this.#inboxes()) inbox.clear()
  }

  /** Fails the waiting receive calls. */
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
    const cleared = this.#runner.idle().then(() => {
      if (this.#handler !== null) return undefined // a handler was set in the meantime
      this.#runner.handler = undefined
      subscriptions.forget(this.#settings.filter)
      return connection.connected ? subscriptions.remove(this.#settings.filter) : undefined
    })
    this.#follow(cleared, () => undefined)
  }

  /** Reports the outcome, and keeps it for `handlersReady`. */
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

  /** The inbox of a channel exists from the first call for it. */
  #inbox(channel: string | undefined): Inbox<T> {
    if (channel === undefined) return this.#general
    let inbox = this.#channels.get(channel)
    if (inbox === undefined) {
      inbox = new Inbox(this.#session.settings.clock)
      this.#channels.set(channel, inbox)
    }
    return inbox
  }

  #inboxes(): Inbox<T>[] {
    return [this.#general, ...this.#channels.values()]
  }
}

/** @returns milliseconds; undefined: no limit. */
function waitOf({ block = true, timeout }: ReceiveOptions): number | undefined {
  if (!block) return 0
  if (timeout === undefined || timeout === null) return undefined
  if (typeof timeout !== 'number' || Number.isNaN(timeout)) {
    throw new TypeError('timeout must be a number of seconds')
  }
  if (timeout < 0) throw new ValueError(`timeout must not be negative, was ${timeout}`)
  return timeout * 1_000
}
