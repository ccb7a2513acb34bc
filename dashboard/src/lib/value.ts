/** A value that components watch. */

import { useEffect, useState } from 'preact/hooks'

export class Value<T> {
  #value: T
  readonly #listeners = new Set<() => void>()

  constructor(value: T) {
    this.#value = value
  }

  get(): T {
    return this.#value
  }

  set(value: T): void {
    if (value === this.#value) return
    this.#value = value
    for (const listener of [...this.#listeners]) listener()
  }

  /** @returns stops listening. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}

/** The value, and a new rendering whenever it changes. */
export function useValue<T>(value: Value<T>): T {
  const [, again] = useState(0)
  useEffect(
    () =>
      value.listen(() => {
        again((n) => n + 1)
      }),
    [value],
  )
  return value.get()
}
