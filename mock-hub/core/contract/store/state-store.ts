/** The port of a store: it appends groups, gives everything back at the start, and stays bounded. */

import type { StateKind } from './commits.ts'

/** A document as a whole, so that a group may be written twice. */
export interface StoredDocument {
  readonly kind: StateKind
  readonly key: string
  /** Undefined: it is gone. */
  readonly value: Buffer | undefined
}

/** What one event changed. */
export interface Group {
  /** From 1 without gaps in the life of the store. */
  readonly number: number
  /** The hub's clock, epoch ms. */
  readonly now: number
  readonly documents: readonly StoredDocument[]
}

/** What a store holds besides documents. */
export interface StoreState {
  /** Number of the last group; 0: the store is new. */
  readonly number: number
  /** The hub's clock at the last group, epoch ms. */
  readonly now: number
}

export interface StateStore {
  /** For messages: where it is. */
  readonly place: string
  /**
   * Opens the store and checks all of it.
   * @param live receives every document that lives.
   * @throws StoreError
   */
  open(live: (document: StoredDocument) => void): Promise<StoreState>
  /**
   * Takes a group, all or nothing. The next may be given before this one is stored.
   * @returns resolves when this one and all before it are stored, and rejects when that cannot be known; undefined: they are.
   * @throws StoreError when it was not taken: with `StoreFull` it may be given again, before any other.
   */
  commit(group: Group): Promise<void> | undefined
  close(): Promise<void>
}

export type StoreProblem =
  /** What is stored is not what was stored. */
  | 'StoreDamaged'
  /** Another process or hub uses it. */
  | 'StoreLocked'
  /** A newer version of the program wrote it, or another kind of hub. */
  | 'StoreFromTheFuture'
  /** There is no room; it may come back. */
  | 'StoreFull'
  /** It cannot be read or written. */
  | 'StoreFailed'

/** A store cannot be used. The message says where, why and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly problem: StoreProblem

  constructor(problem: StoreProblem, message: string, options?: ErrorOptions) {
    super(`${problem}: ${message}`, options)
    this.problem = problem
  }
}
