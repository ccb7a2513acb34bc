/** A queue of what arrived, for a receive call or a handler. A slow reader does not delay other inboxes. */

import type { Clock } from './clock.ts'
import { OperationCancelled } from './errors/operation-errors.ts'

export interface Wait {
  /** Milliseconds; undefined: no limit. */
  readonly limitMs: number | undefined
  readonly signal?: AbortSignal | undefined
}

export class Inbox<T> {
  readonly #clock: Clock
  #items: T[] = []
  readonly #waiters: { readonly give: (item: T) => void; readonly fail: (error: Error) => void }[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  push(item: T): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#items.push(item)
    else waiter.give(item)
  }

  /** Waits for the oldest item; undefined: none arrived in time. @throws OperationCancelled. */
  take(wait: Wait): Promise<T | undefined> {
    const item = this.#items.shift()
    if (item !== undefined || wait.limitMs === 0) return Promise.resolve(item)
    return new Promise((resolve, reject) => {
      const leave = () => {
        stopAlarm()
        wait.signal?.removeEventListener('abort', abort)
        const index = this.#waiters.indexOf(waiter)
        if (index >= 0) this.#waiters.splice(index, 1)
      }
      const waiter = {
        give: (given: T) => {
          leave()
          resolve(given)
        },
        fail: (error: Error) => {
          leave()
          reject(error)
        },
      }
      const abort = () => {
        waiter.fail(
          new OperationCancelled('Operation was cancelled before completion', { cause: wait.signal?.reason }),
        )
      }
      const stopAlarm =
        wait.limitMs === undefined
          ? () => undefined
          : this.#clock.schedule(wait.limitMs, () => {
              leave()
              resolve(undefined)
            })
      this.#waiters.push(waiter)
      wait.signal?.addEventListener('abort', abort)
      if (wait.signal?.aborted === true) abort()
    })
  }

  /** @returns the items, which leave the inbox. */
  clear(): T[] {
    const items = this.#items
    this.#items = []
    return items
  }

  /** Fails all waiting calls. */
  release(error: () => Error): void {
    for (const waiter of [...this.#waiters]) waiter.fail(error())
  }
}
