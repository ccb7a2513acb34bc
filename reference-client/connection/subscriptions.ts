/**
 * The topic filters of this client. Each is subscribed once and lasts as long as the hub keeps the MQTT session: a
 * reconnection does not subscribe again (SRC-03), unless the hub reports that it has lost the session. A SUBSCRIBE or
 * UNSUBSCRIBE without acknowledgement for 10 s is sent again 20 s later, until it is acknowledged (SRC-27).
 */

import type { Clock } from '../core/clock.ts'
import type { Link, ConnectionAware } from '../core/ports.ts'

/** Both limits: docs/contract/client/timing.md#client-timing. */
const ACKNOWLEDGEMENT_LIMIT_MS = 10_000
const PAUSE_MS = 20_000

type Verb = 'subscribe' | 'unsubscribe'

interface Request {
  readonly verb: Verb
  readonly filter: string
  readonly waiters: { readonly done: () => void; readonly failed: (error: Error) => void }[]
  /** Cancels the next retry. */
  stopAlarm: () => void
}

export class Subscriptions implements ConnectionAware {
  readonly #clock: Clock
  #link: Link | undefined
  readonly #acknowledged = new Set<string>()
  readonly #requests = new Map<string, Request>()
  /** Filters that a handler needs; requested on each new link until the hub has them. */
  readonly #wanted = new Set<string>()
  /** Filters that are no longer needed, but that the hub may still have. */
  readonly #unwanted = new Set<string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The hub has acknowledged this filter. */
  has(filter: string): boolean {
    return this.#acknowledged.has(filter)
  }

  /** Requests the filter on each new link, until the hub has it. */
  want(filter: string): void {
    this.#wanted.add(filter)
    this.#unwanted.delete(filter)
  }

  /** The filter is no longer needed: {@link Subscriptions.remove}, or the next link, unsubscribes it. */
  forget(filter: string): void {
    this.#wanted.delete(filter)
    if (this.#acknowledged.has(filter)) this.#unwanted.add(filter)
  }

  /** Settles when the hub has acknowledged the filter; joins a pending request. */
  add(filter: string): Promise<void> {
    return this.#acknowledged.has(filter) ? Promise.resolve() : this.#request('subscribe', filter)
  }

  /** Settles when the hub has removed the filter. */
  remove(filter: string): Promise<void> {
    return this.#acknowledged.has(filter) || this.#requests.has(filter)
      ? this.#request('unsubscribe', filter)
      : Promise.resolve()
  }

  attach(link: Link, sessionPresent: boolean): void {
    if (!sessionPresent) {
      for (const filter of this.#acknowledged) link.subscribe(filter, ignore)
    }
    for (const filter of this.#unwanted) {
      if (!this.#requests.has(filter)) this.#request('unsubscribe', filter).catch(ignore)
    }
    for (const filter of this.#wanted) {
      if (!this.#acknowledged.has(filter) && !this.#requests.has(filter)) {
        this.#request('subscribe', filter).catch(ignore)
      }
    }
    this.#link = link
    for (const request of this.#requests.values()) this.#transmit(request)
  }

  detach(): void {
    this.#link = undefined
    for (const request of this.#requests.values()) request.stopAlarm()
  }

  release(error: () => Error): void {
    const requests = [...this.#requests.values()]
    this.#requests.clear()
    for (const request of requests) {
      request.stopAlarm()
      for (const waiter of request.waiters) waiter.failed(error())
    }
  }

  #request(verb: Verb, filter: string): Promise<void> {
    return new Promise((done, failed) => {
      const waiter = { done, failed }
      const current = this.#requests.get(filter)
      if (current?.verb === verb) {
        current.waiters.push(waiter)
        return
      }
      // Replaces a pending request of the other kind; its callers are settled with this one.
      current?.stopAlarm()
      const request: Request = {
        verb,
        filter,
        waiters: [...(current?.waiters ?? []), waiter],
        stopAlarm: ignore,
      }
      this.#requests.set(filter, request)
      this.#transmit(request)
    })
  }

  #transmit(request: Request): void {
    const link = this.#link
    if (link === undefined) return
    link[request.verb](request.filter, (error) => {
      if (this.#requests.get(request.filter) !== request) return
      this.#requests.delete(request.filter)
      request.stopAlarm()
      if (error === undefined && request.verb === 'subscribe') this.#acknowledged.add(request.filter)
      else this.#acknowledged.delete(request.filter)
      this.#unwanted.delete(request.filter)
      for (const waiter of request.waiters) {
        if (error === undefined) waiter.done()
        else waiter.failed(error)
      }
    })
    request.stopAlarm = this.#clock.schedule(ACKNOWLEDGEMENT_LIMIT_MS, () => {
      request.stopAlarm = this.#clock.schedule(PAUSE_MS, () => {
        this.#transmit(request)
      })
    })
  }
}

function ignore(): void {
  // No caller waits for the outcome.
}
