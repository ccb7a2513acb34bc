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

/** A random UUID of version 4, as text. */
export function uuidFrom(random: Random): string {
  const bytes = random.bytes(16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
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
      const block = createHmac('sha256', this.#key)
        .update(String(this.#block++))
        .digest()
      parts.push(block)
      length += block.length
    }
    const all = Buffer.concat(parts)
    this.#rest = all.subarray(count)
    return all.subarray(0, count)
  }
}
