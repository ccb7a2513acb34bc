/** The newest items, oldest first; adding one is O(1) and allocates nothing when the buffer is full. */

export class RingBuffer<T> {
  readonly #capacity: number
  readonly #items: T[] = []
  /** Index of the oldest item when the buffer is full. */
  #start = 0

  /** @param capacity number of items that are kept; 0: none. */
  constructor(capacity: number) {
    this.#capacity = Math.max(0, Math.floor(capacity))
  }

  get size(): number {
    return this.#items.length
  }

  push(item: T): void {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item)
      return
    }
    if (this.#capacity === 0) return
    this.#items[this.#start] = item
    this.#start = this.#start + 1 === this.#capacity ? 0 : this.#start + 1
  }

  /** @param index 0 is the oldest. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#items.length) return undefined
    const place = this.#start + index
    return this.#items[place < this.#items.length ? place : place - this.#items.length]
  }

  clear(): void {
    this.#items.length = 0
    this.#start = 0
  }

  toArray(): T[] {
    return this.#start === 0
      ? this.#items.slice()
      : [...this.#items.slice(this.#start), ...this.#items.slice(0, this.#start)]
  }
}
