/**
 * Calls a handler of the application with each item of a queue: at most four calls at a time (SRC-07). Awaits async
 * handlers (decision D-16), reports their exceptions and continues (decision D-17).
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { ClientError } from './errors/client-errors.ts'

const MAX_CONCURRENT = 4

/** The owners of the handlers that call this code. */
const inside = new AsyncLocalStorage<ReadonlySet<object>>()

/** A handler of the owner calls this code: it must not wait for handlers to end (decision D-27). */
export function isInsideHandlerOf(owner: object): boolean {
  return inside.getStore()?.has(owner) ?? false
}

export type Handler<Args extends readonly unknown[]> = (...args: Args) => unknown

export class HandlerRunner<Args extends readonly unknown[]> {
  readonly #name: string
  readonly #owner: object
  readonly #report: (error: Error) => void
  #handler: Handler<Args> | undefined
  #queue: Args[] = []
  #running = 0
  #idleWaiters: (() => void)[] = []

  /** @param name - name of the attribute, for reports. @param owner - the client. */
  constructor(name: string, owner: object, report: (error: Error) => void) {
    this.#name = name
    this.#owner = owner
    this.#report = report
  }

  get handler(): Handler<Args> | undefined {
    return this.#handler
  }

  set handler(handler: Handler<Args> | undefined) {
    this.#handler = handler
    this.#pump()
  }

  /** Queues a call of the handler with these arguments; it waits until there is a handler. */
  push(...args: Args): void {
    this.#queue.push(args)
    this.#pump()
  }

  /** Discards the queued calls. */
  clear(): void {
    this.#queue = []
    this.#announceIdle()
  }

  /** Settles when the queue is empty and no call runs. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve)
    })
  }

  #isIdle(): boolean {
    return this.#running === 0 && (this.#queue.length === 0 || this.#handler === undefined)
  }

  #pump(): void {
    while (this.#handler !== undefined && this.#running < MAX_CONCURRENT) {
      const args = this.#queue.shift()
      if (args === undefined) return
      void this.#run(this.#handler, args)
    }
  }

  async #run(handler: Handler<Args>, args: Args): Promise<void> {
    this.#running += 1
    try {
      await inside.run(new Set([...(inside.getStore() ?? []), this.#owner]), async () => {
        await Promise.resolve() // never in the turn of the caller
        await handler(...args)
      })
    } catch (cause) {
      this.#report(new ClientError(`Error in handler ${this.#name}`, { cause }))
    } finally {
      this.#running -= 1
      this.#pump()
      this.#announceIdle()
    }
  }

  #announceIdle(): void {
    if (!this.#isIdle()) return
    const waiters = this.#idleWaiters
    this.#idleWaiters = []
    for (const resolve of waiters) resolve()
  }
}
