/** What goes on after a restart, such as numbers, so that none is used twice: each owner has one document of the kind `counter`. */

import type { Commits, StateDocument, StateSource } from '../contract/store/commits.ts'

export interface Counter {
  /** The numbers have moved on. */
  changed(): void
}

interface Part<T> {
  read(): T
  load(value: T): void
}

/** Adds the numbers of one owner. @param name unique. */
export function counter<T>(commits: Commits, name: string, part: Part<T>): Counter {
  const known = commits.sources.get('counter')
  const counters = known instanceof Counters ? known : new Counters()
  if (counters !== known) commits.keep(counters)
  counters.parts.set(name, part)
  return {
    changed: () => {
      commits.changed('counter', name, 64)
    },
  }
}

class Counters implements StateSource {
  readonly kind = 'counter'
  readonly parts = new Map<string, Part<unknown>>()

  keys(): Iterable<string> {
    return this.parts.keys()
  }

  read(key: string): unknown {
    return this.parts.get(key)?.read()
  }

  /** Numbers without a document stay as they are: they never go back. */
  load(documents: readonly StateDocument[]): void {
    for (const { key, value } of documents) this.parts.get(key)?.load(value)
  }
}
