/** A hub that is killed and started again, as those see it who hold it: one hub with one journal. */

import type { JournalEntry, MockHub } from 'mock-iot-hub'

export class LastingHub {
  #current: MockHub
  /** What the hub has recorded before its last start, numbered from 1 on. */
  #earlier: readonly JournalEntry[] = []
  #earlierSeq = 0
  /** The hub of the moment, under one reference. */
  readonly hub: MockHub

  constructor(first: MockHub) {
    this.#current = first
    this.hub = facade(() => this.#current, { journal: facade(() => this.#current.journal, this.#journal()) })
  }

  /** @param started the hub after a restart. */
  replace(started: MockHub): void {
    const { entries, seq } = this.hub.journal
    this.#earlier = entries
    this.#earlierSeq = seq
    this.#current = started
  }

  #journal() {
    const entries = (): readonly JournalEntry[] => [
      ...this.#earlier,
      ...this.#current.journal.entries.map((entry) => ({ ...entry, seq: entry.seq + this.#earlierSeq })),
    ]
    const seq = (): number => this.#current.journal.seq + this.#earlierSeq
    return {
      get entries() {
        return entries()
      },
      get seq() {
        return seq()
      },
    }
  }
}

/** An object whose properties are those of another, which may change, but for some. */
function facade<T extends object>(current: () => T, own: Partial<T>): T {
  return new Proxy(current(), {
    get: (_first, name) => {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name) as unknown
      const target = current()
      const value = Reflect.get(target, name, target) as unknown
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
    set: (_first, name, value) => Reflect.set(current(), name, value),
  })
}
