/** Cuts a stream of bytes into MQTT control packets, and refuses one that is too large before it is buffered. */

/** The bytes are no MQTT 3.1.1, or break a limit: the link must be closed (MQTT-4.8.0-1). */
export class MalformedPacket extends Error {
  override readonly name = 'MalformedPacket'
}

/** The fixed header of a packet larger than the hub takes. */
export class OversizedPacket extends MalformedPacket {
  readonly length: number
  constructor(length: number, limit: number) {
    super(`remaining length ${length}, at most ${limit}`)
    this.length = length
  }
}

const EMPTY = Buffer.alloc(0)
/** A remaining length has at most four bytes (MQTT-2.2.3). */
const LONGEST_HEADER = 5

/**
 * Reads frames out of whatever chunks arrive. After `next()` said true the frame lies in
 * `buffer[start, end)` with its variable header at `body`; nothing is copied unless it spans chunks.
 * What has not been read stays, so that a busy reader may simply stop calling `next()`.
 */
export class FrameReader {
  /** First byte of the frame: type and flags. */
  header = 0
  start = 0
  body = 0
  end = 0
  readonly #limit: number
  #buffer: Buffer = EMPTY
  #at = 0
  #later: Buffer[] = []
  #laterBytes = 0
  /** So many bytes must lie at `#at` before another look makes sense. */
  #need = 2

  /** @param limit largest remaining length in bytes. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get buffer(): Buffer {
    return this.#buffer
  }

  /** Bytes received and not yet given out. */
  get pending(): number {
    return this.#buffer.length - this.#at + this.#laterBytes
  }

  /** What is left of a frame that has not come whole; undefined: nothing. */
  get rest(): Buffer | undefined {
    if (this.pending === 0) return undefined
    return Buffer.concat([this.#buffer.subarray(this.#at), ...this.#later])
  }

  push(chunk: Buffer): void {
    if (this.#at === this.#buffer.length && this.#laterBytes === 0) {
      this.#buffer = chunk
      this.#at = 0
    } else {
      this.#later.push(chunk)
      this.#laterBytes += chunk.length
    }
  }

  /**
   * @returns whether a whole frame is there.
   * @throws MalformedPacket when the remaining length is no number; OversizedPacket when it is above the limit.
   */
  next(): boolean {
    if (this.#at === this.#buffer.length && this.#laterBytes === 0) {
      // An idle link must not keep its last chunk alive.
      this.#buffer = EMPTY
      this.#at = 0
      return false
    }
    for (;;) {
      if (this.#buffer.length - this.#at < this.#need && !this.#gather()) return false
      const buffer = this.#buffer
      const available = buffer.length - this.#at
      let length = 0
      let size = 1
      for (let shift = 0; ; shift += 7, size++) {
        if (size === LONGEST_HEADER) throw new MalformedPacket('remaining length of more than four bytes')
        if (size >= available) break
        const byte = buffer[this.#at + size] ?? 0
        length += (byte & 0x7f) << shift
        if (byte < 0x80) {
          size++
          return this.#frame(size, length)
        }
      }
      this.#need = available + 1
    }
  }

  #frame(headerSize: number, length: number): boolean {
    if (length > this.#limit) throw new OversizedPacket(length, this.#limit)
    this.#need = headerSize + length
    if (this.#buffer.length - this.#at < this.#need && !this.#gather()) return false
    this.header = this.#buffer[this.#at] ?? 0
    this.start = this.#at
    this.body = this.#at + headerSize
    this.end = this.#at + this.#need
    this.#at = this.end
    this.#need = 2
    return true
  }

  /** Joins what came later to what is there, once that is enough. */
  #gather(): boolean {
    if (this.pending < this.#need) return false
    this.#buffer = Buffer.concat([this.#buffer.subarray(this.#at), ...this.#later])
    this.#at = 0
    this.#later = []
    this.#laterBytes = 0
    return true
  }
}
