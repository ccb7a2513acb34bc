/** Count and digest of all documents that live, kept up to date with each group. */

/** The checksums of all documents, and what they add up to. */
export class LiveSet {
  readonly #sums = new Map<string, number>()
  #xor = 0
  #total = 0

  get count(): number {
    return this.#sums.size
  }

  get digest(): string {
    return digestOf(this.#xor, this.#total)
  }

  /** A document that lives, each once: the store is being read. */
  add(key: string, sum: number): void {
    this.#sums.set(key, sum)
    this.#xor ^= sum
    this.#total = (this.#total + sum) >>> 0
  }

  /** A group: nothing has changed until it is kept. */
  change(): LiveChange {
    return new LiveChange(this.#sums, this.#xor, this.#total, (xor, total) => {
      this.#xor = xor
      this.#total = total
    })
  }
}

class LiveChange {
  readonly #sums: Map<string, number>
  readonly #done: (xor: number, total: number) => void
  readonly #changes = new Map<string, number | undefined>()
  #xor: number
  #total: number
  count: number

  constructor(
    sums: Map<string, number>,
    xor: number,
    total: number,
    done: (xor: number, total: number) => void,
  ) {
    this.#sums = sums
    this.#xor = xor
    this.#total = total
    this.#done = done
    this.count = sums.size
  }

  get digest(): string {
    return digestOf(this.#xor, this.#total)
  }

  put(key: string, sum: number): void {
    this.delete(key)
    this.#changes.set(key, sum)
    this.#xor ^= sum
    this.#total = (this.#total + sum) >>> 0
    this.count++
  }

  /** @returns whether it lived. */
  delete(key: string): boolean {
    const before = this.#changes.has(key) ? this.#changes.get(key) : this.#sums.get(key)
    if (before === undefined) return false
    this.#changes.set(key, undefined)
    this.#xor ^= before
    this.#total = (this.#total - before) >>> 0
    this.count--
    return true
  }

  keep(): void {
    for (const [key, sum] of this.#changes)
      if (sum === undefined) this.#sums.delete(key)
      else this.#sums.set(key, sum)
    this.#done(this.#xor, this.#total)
  }
}

function digestOf(xor: number, total: number): string {
  return `${(xor >>> 0).toString(16).padStart(8, '0')}${total.toString(16).padStart(8, '0')}`
}
