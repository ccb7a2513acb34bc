/** Listeners of one event. Emitting costs nothing without listeners. */

export class Emitter<A extends readonly unknown[]> {
  /** Immutable: a listener may stop while it is called. */
  #all: readonly ((...what: A) => void)[] = []

  /** @returns stops listening. */
  add(listener: (...what: A) => void): () => void {
    // A function of its own, because the same listener may be added twice.
    const mine = (...what: A): void => {
      listener(...what)
    }
    this.#all = [...this.#all, mine]
    return () => {
      this.#all = this.#all.filter((other) => other !== mine)
    }
  }

  get size(): number {
    return this.#all.length
  }

  tell(...what: A): void {
    if (this.#all.length === 0) return
    for (const listener of this.#all) listener(...what)
  }
}
