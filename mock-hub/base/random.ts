/** Chance as a port: the system's, or a stream grown from a seed, so that a run of the hub can be repeated. */

import { createHmac, randomBytes } from 'node:crypto'

export interface Random {
  /** So many bytes that nobody can foresee (who does not know the seed). */
  bytes(count: number): Buffer
}

/**
 * Where the hub takes its keys, tokens and ids from.
 * @param seed left out: the system's generator.
 * @returns a stream for each purpose: what one part of the hub takes does not shift what another gets.
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
