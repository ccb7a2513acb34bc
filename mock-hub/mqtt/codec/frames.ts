/** Splits a stream of bytes into MQTT control packets, and refuses one that is too large before it is buffered. */

/** The bytes are not MQTT 3.1.1, or break a limit: the connection must be closed (MQTT-4.8.0-1). */
export class MalformedPacket extends Error {
  override readonly name = 'MalformedPacket'
}

/** The fixed header announces a packet that is larger than the hub accepts. */
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
 * Reads frames from chunks of any size. After `next()` has returned true, the frame is `buffer[start, end)`, with its
 * variable header at `body`; it is copied only if it spans chunks. What has not been read is kept: a caller that is busy
 * stops calling `next()`.
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
  /** Bytes that must be there from `#at` on before the frame can be read. */
  #need = 2

  /** @param limit largest remaining length in bytes. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get buffer(): Buffer {
    return this.#buffer
  }

  /** Number of bytes that have been received and not read. */
  get pending(): number {
    return this.#buffer.length - this.#at + this.#laterBytes
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
   * @returns false: the next frame has not arrived as a whole.
   * @throws MalformedPacket when the remaining length is invalid; OversizedPacket when it is above the limit.
   */
  next(): boolean {
    if (this.#at === this.#buffer.length && this.#laterBytes === 0) {
      // An idle connection does not keep its last chunk.
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

  /** Joins the later chunks with the buffer, once they make the frame whole. */
  #gather(): boolean {
    if (this.pending < this.#need) return false
    this.#buffer = Buffer.concat([this.#buffer.subarray(this.#at), ...this.#later])
    this.#at = 0
    this.#later = []
    this.#laterBytes = 0
    return true
  }
}
