/**
 * Runs an application's handler over an inbox: up to four calls at a time (SRC-07), async ones awaited (decision D-16),
 * none lost. An exception in a handler is reported and stops nothing (decision D-17).
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { ClientError } from './errors/client-errors.ts'

const AT_A_TIME = 4

/** Whose handler we are inside of, if any. */
const inside = new AsyncLocalStorage<ReadonlySet<object>>()

/** Is this code called by one of that owner's handlers? It must not wait for handlers to end then (decision D-27). */
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

  /** @param name - of the attribute, for reports. @param owner - the client. */
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

  /** Calls the handler with these arguments, when its turn comes; keeps them until there is a handler. */
  push(...args: Args): void {
    this.#queue.push(args)
    this.#pump()
  }

  /** Throws away what waits. */
  clear(): void {
    this.#queue = []
    this.#announceIdle()
  }

  /** Settles when nothing waits and no call is under way. */
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
    while (this.#handler !== undefined && this.#running < AT_A_TIME) {
      const args = this.#queue.shift()
      if (args === undefined) return
      void this.#run(this.#handler, args)
    }
  }

  async #run(handler: Handler<Args>, args: Args): Promise<void> {
    this.#running += 1
    try {
      await inside.run(new Set([...(inside.getStore() ?? []), this.#owner]), async () => {
        await Promise.resolve() // never inside the caller's own turn
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
