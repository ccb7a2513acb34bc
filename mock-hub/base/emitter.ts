/** Who wants to be told of something. Telling costs nothing when nobody listens. */

export class Emitter<A extends readonly unknown[]> {
  /** Replaced, never changed: a listener may leave while it is being told. */
  #all: readonly ((...what: A) => void)[] = []

  /** @returns stops listening. */
  add(listener: (...what: A) => void): () => void {
    // Of its own: the same function may listen twice.
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
