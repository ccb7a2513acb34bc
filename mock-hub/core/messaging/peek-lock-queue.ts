/** A queue that back ends read with locks: feedback batches and upload notifications. */

import type { Clock } from '../../base/clock.ts'
import type { Commits, StateDocument, StateSource } from '../contract/store/commits.ts'
import type { ServiceQueue } from '../contract/c2d.ts'
import { Emitter } from '../../base/emitter.ts'
import type { Random } from '../../base/random.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'

export interface QueueLimits {
  readonly lockSeconds: number
  /** An item that was abandoned so often is dropped. */
  readonly maxDeliveryCount: number
  /** Whether an expired lock counts as an abandon. */
  readonly lockTimeoutsCount: boolean
  readonly ttlSeconds: number
  /** When the queue is full, the oldest item is dropped. */
  readonly depth: number
}

interface Item<T> {
  /** Place in the store. */
  readonly number: number
  readonly item: T
  readonly expiresAt: number
  failures: number
  lockToken: string | undefined
  cancelLock: () => void
}

interface StoredItem<T> {
  readonly item: T
  readonly expiresAt: number
  readonly failures: number
}

export class PeekLockQueue<T> implements ServiceQueue<T>, StateSource<StoredItem<T>> {
  readonly kind: 'feedback' | 'notification'
  readonly #commits: Commits
  readonly #clock: Clock
  readonly #random: Random
  readonly #limits: QueueLimits
  readonly #items: Item<T>[] = []
  readonly #listeners = new Emitter<[]>()
  #number = 0

  constructor(
    clock: Clock,
    random: Random,
    limits: QueueLimits,
    { kind, commits }: { readonly kind: 'feedback' | 'notification'; readonly commits: Commits },
  ) {
    this.kind = kind
    this.#commits = commits
    commits.keep(this)
    this.#clock = clock
    this.#random = random
    this.#limits = limits
  }

  push(item: T): void {
    // Also when nobody reads.
    this.#dropExpired()
    const [oldest] = this.#items
    if (oldest !== undefined && this.#items.length >= this.#limits.depth) {
      oldest.cancelLock()
      this.#remove(oldest)
    }
    const expiresAt = this.#clock.now() + this.#limits.ttlSeconds * 1000
    this.#add({ item, expiresAt, failures: 0 })
    this.#listeners.tell()
  }

  receive(): { readonly lockToken: string; readonly item: T } | undefined {
    this.#dropExpired()
    const next = this.#items.find(({ lockToken }) => lockToken === undefined)
    if (next === undefined) return undefined
    const lockToken = this.#random.bytes(16).toString('hex')
    next.lockToken = lockToken
    next.cancelLock = this.#clock.schedule(this.#limits.lockSeconds * 1000, () => {
      this.#release(next, this.#limits.lockTimeoutsCount)
    })
    return { lockToken, item: next.item }
  }

  settle(lockToken: string, outcome: 'complete' | 'abandon' | 'reject'): void {
    const item = this.#items.find((candidate) => candidate.lockToken === lockToken)
    if (item === undefined)
      throw new HubError({
        kind: 'DeviceMessageLockLost',
        rule: 'WIRE-HTTP-08',
        expected: 'a lock token that is still valid',
        received: quoted(lockToken),
      })
    item.cancelLock()
    if (outcome === 'abandon') this.#release(item, true)
    else this.#remove(item)
  }

  onAvailable(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Drops all items. */
  clear(): void {
    for (const item of this.#items) {
      item.cancelLock()
      this.#changed(item)
    }
    this.#items.length = 0
  }

  keys(): Iterable<string> {
    return this.#items.map(({ number }) => String(number))
  }

  read(key: string): StoredItem<T> | undefined {
    const found = this.#items.find(({ number }) => String(number) === key)
    return found && { item: found.item, expiresAt: found.expiresAt, failures: found.failures }
  }

  /** Locks do not outlive the process. */
  load(documents: readonly StateDocument<StoredItem<T>>[]): void {
    this.clear()
    const inOrder = [...documents].sort((a, b) => Number(a.key) - Number(b.key))
    for (const { key, value } of inOrder) {
      this.#number = Number(key) - 1
      this.#add(value)
    }
    if (documents.length > 0) this.#listeners.tell()
  }

  #add(stored: StoredItem<T>): void {
    const number = ++this.#number
    const item: Item<T> = { ...stored, number, lockToken: undefined, cancelLock: () => undefined }
    this.#items.push(item)
    this.#changed(item)
  }

  #changed({ number }: Item<T>): void {
    if (this.#commits.active) this.#commits.changed(this.kind, String(number))
  }

  #release(item: Item<T>, counts: boolean): void {
    item.lockToken = undefined
    if (counts) item.failures++
    this.#changed(item)
    if (item.failures >= this.#limits.maxDeliveryCount || item.expiresAt <= this.#clock.now())
      this.#remove(item)
    else this.#listeners.tell()
  }

  #dropExpired(): void {
    const now = this.#clock.now()
    for (let index = this.#items.length - 1; index >= 0; index--) {
      const item = this.#items[index]
      if (item === undefined || item.expiresAt > now || item.lockToken !== undefined) continue
      this.#items.splice(index, 1)
      this.#changed(item)
    }
  }

  #remove(item: Item<T>): void {
    const index = this.#items.indexOf(item)
    if (index < 0) return
    this.#items.splice(index, 1)
    this.#changed(item)
  }
}
