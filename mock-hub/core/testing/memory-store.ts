/** A store in memory whose commits end when a test says so; what was not committed is lost in a crash. */

import type { Group, StateStore, StoredDocument, StoreState } from '../contract/store/state-store.ts'

interface Waiting {
  readonly group: Group
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

export class MemoryStore implements StateStore {
  readonly place = 'memory'
  /** Commits wait for {@link MemoryStore.release}. */
  held: boolean
  readonly documents: Map<string, StoredDocument>
  readonly groups: Group[] = []
  /** Groups are not taken. */
  refusal: Error | undefined
  #state: StoreState
  #waiting: Waiting[] = []

  constructor({
    held = false,
    before,
  }: { readonly held?: boolean; readonly before?: MemoryStore | undefined } = {}) {
    this.held = held
    this.documents = new Map(before?.documents)
    this.#state = before?.state ?? { number: 0, now: 0 }
  }

  get state(): StoreState {
    return this.#state
  }

  /** A group waits until it is stored. */
  get waits(): boolean {
    return this.#waiting.length > 0
  }

  open(live: (document: StoredDocument) => void): Promise<StoreState> {
    for (const document of this.documents.values()) live(document)
    return Promise.resolve(this.#state)
  }

  commit(group: Group): Promise<void> | undefined {
    if (this.refusal !== undefined) throw this.refusal
    if (!this.held) {
      this.#keep(group)
      return undefined
    }
    return new Promise((done, failed) => {
      this.#waiting.push({ group, done, failed })
    })
  }

  /** The group that waits longest is stored, or fails with this error. */
  release(error?: Error): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) return
    if (error !== undefined) {
      waiting.failed(error)
      return
    }
    this.#keep(waiting.group)
    waiting.done()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #keep(group: Group): void {
    if (group.number !== this.#state.number + 1)
      throw new Error(`group ${String(group.number)} after ${String(this.#state.number)}`)
    this.groups.push(group)
    this.#state = { number: group.number, now: group.now }
    for (const document of group.documents) {
      const name = `${document.kind}/${document.key}`
      if (document.value === undefined) this.documents.delete(name)
      else this.documents.set(name, document)
    }
  }
}
