/** Reads protocol headers and frames from a stream of bytes, and writes frames. */

import { AmqpViolation, malformed } from './malformed.ts'
import { readPerformative, writePerformative } from './performatives.ts'
import type { Performative, PerformativeName, Performatives } from './performative-fields.ts'
import { readValue, writeValues } from './values.ts'

export const AMQP_FRAME = 0
export const SASL_FRAME = 1
/** Protocol ids of a header. */
export const AMQP_ID = 0
export const SASL_ID = 3

/** What follows `AMQP` in a header; the version is major, minor and revision, such as `1.0.0`. */
export interface ProtocolHeader {
  readonly id: number
  readonly version: string
}

/** A frame as it was received; without a performative it is a heartbeat. */
export interface Frame {
  readonly type: number
  readonly channel: number
  readonly performative: Performative | undefined
  /** Payload of a transfer: a part of the received buffer, not a copy. */
  readonly payload: Buffer
}

/** `AMQP`, protocol id (0 for AMQP, 3 for SASL), version 1.0.0. */
export function protocolHeader(protocolId: number): Buffer {
  return Buffer.from([0x41, 0x4d, 0x51, 0x50, protocolId, 1, 0, 0])
}

const HEADER_BYTES = 8
const EMPTY = Buffer.alloc(0)

/** Reads from chunks of any size; it keeps what has not been read. */
export class FrameReader {
  readonly #limit: number
  #chunks: Buffer[] = []
  #bytes = 0

  /** @param limit largest frame in bytes. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes received and not yet read. */
  get pending(): number {
    return this.#bytes
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /**
   * @returns undefined: the header is not complete.
   * @throws AmqpViolation when it is not a header of AMQP.
   */
  header(): ProtocolHeader | undefined {
    const bytes = this.#take(HEADER_BYTES)
    if (bytes === undefined) return undefined
    const [id = 0, ...version] = bytes.subarray(4)
    if (bytes.toString('latin1', 0, 4) === 'AMQP') return { id, version: version.join('.') }
    throw new AmqpViolation('amqp:connection:framing-error', 'the header of AMQP', bytes.toString('hex'))
  }

  /** @returns undefined: no frame is complete. @throws AmqpViolation when it is malformed or too large. */
  next(): Frame | undefined {
    if (this.#bytes < HEADER_BYTES) return undefined
    const head = this.#peek(HEADER_BYTES)
    const size = head.readUInt32BE(0)
    const start = (head[4] ?? 0) * 4
    if (size > this.#limit || start < HEADER_BYTES || start > size)
      throw new AmqpViolation(
        'amqp:connection:framing-error',
        `a frame of ${HEADER_BYTES} to ${this.#limit} bytes`,
        `one of ${size} bytes with its body at ${start}`,
      )
    const bytes = this.#take(size)
    if (bytes === undefined) return undefined
    const type = bytes[5] ?? 0
    if (type !== AMQP_FRAME && type !== SASL_FRAME) throw malformed('a frame of type 0 or 1', `type ${type}`)
    const channel = bytes.readUInt16BE(6)
    if (start === size) return { type, channel, performative: undefined, payload: EMPTY }
    const { value, end } = readValue(bytes, start)
    return { type, channel, performative: readPerformative(value), payload: bytes.subarray(end) }
  }

  #peek(count: number): Buffer {
    const [first] = this.#chunks
    if (first !== undefined && first.length >= count) return first
    this.#gather()
    return this.#chunks[0] ?? EMPTY
  }

  #take(count: number): Buffer | undefined {
    if (this.#bytes < count) return undefined
    const whole = this.#peek(count)
    this.#bytes -= count
    if (whole.length === count) this.#chunks.shift()
    else this.#chunks[0] = whole.subarray(count)
    return whole.subarray(0, count)
  }

  #gather(): void {
    this.#chunks = [Buffer.concat(this.#chunks, this.#bytes)]
  }
}

/** The bytes of one frame. */
export function frameOf<K extends PerformativeName>(
  type: number,
  channel: number,
  name: K,
  fields: Performatives[K],
  payload: Buffer = EMPTY,
): Buffer {
  const body = writeValues([writePerformative(name, fields)])
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length + payload.length)
  frame.writeUInt32BE(frame.length, 0)
  frame[4] = 2
  frame[5] = type
  frame.writeUInt16BE(channel, 6)
  body.copy(frame, HEADER_BYTES)
  payload.copy(frame, HEADER_BYTES + body.length)
  return frame
}

/** A heartbeat. */
export const EMPTY_FRAME = Buffer.from([0, 0, 0, HEADER_BYTES, 2, AMQP_FRAME, 0, 0])
