/** Random bytes: from the system, or derived from a seed, so that a run can be repeated. */

import { createHmac, randomBytes } from 'node:crypto'

export interface Random {
  /** Random bytes; predictable only with the seed. */
  bytes(count: number): Buffer
}

/**
 * The source of keys, tokens and ids.
 * @param seed undefined: the system's generator.
 * @returns an independent stream for each purpose.
 */
export function randomFrom(seed: number | undefined): (purpose: string) => Random {
  if (seed === undefined) return () => ({ bytes: (count) => randomBytes(count) })
  return (purpose) => new SeededRandom(`${String(seed)} ${purpose}`)
}

/** HMAC-SHA256 of a counter under the seed. */
class SeededRandom implements Random {
  readonly #key: string
  #block = 0
  #rest: Buffer = Buffer.alloc(0)

  constructor(key: string) {
    this.#key = key
  }

  bytes(count: number): Buffer {
    const parts = [this.#rest]
    let length = this.#rest.length
    while (length < count) {
      const block = createHmac('sha256', this.#key).update(String(this.#block++)).digest()
      parts.push(block)
      length += block.length
    }
    const all = Buffer.concat(parts)
    this.#rest = all.subarray(count)
    return all.subarray(0, count)
  }
}
