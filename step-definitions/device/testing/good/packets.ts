/** The packets of MQTT 3.1.1 that a device writes and reads: its own, shared with nobody. */

export interface Incoming {
  readonly type: number
  readonly flags: number
  readonly body: Buffer
}

export function text(value: string, encoding: BufferEncoding = 'utf8'): Buffer {
  const bytes = Buffer.from(value, encoding)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

export function packet(type: number, flags: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const length: number[] = []
  for (let rest = body.length; ; rest >>= 7) {
    length.push(rest < 128 ? rest : (rest & 127) | 128)
    if (rest < 128) break
  }
  return Buffer.concat([Buffer.from([(type << 4) | flags, ...length]), body])
}

export const idBytes = (id: number): Buffer => Buffer.from([id >> 8, id & 255])

export interface ConnectOptions {
  readonly name: string
  readonly level: number
  readonly clientId: string
  readonly username: string
  readonly password: string | undefined
  readonly keepAlive: number
  readonly clean: boolean
  readonly will?: { readonly topic: string; readonly body: string; readonly qos: number } | undefined
}

export function connect({
  name,
  level,
  clientId,
  username,
  password,
  keepAlive,
  clean,
  will,
}: ConnectOptions): Buffer {
  const flags =
    0x80 |
    (password === undefined ? 0 : 0x40) |
    (clean ? 2 : 0) |
    (will === undefined ? 0 : 4 | (will.qos << 3))
  return packet(
    ...([1, 0, text(name), Buffer.from([level, flags]), idBytes(keepAlive), text(clientId)] as const),
    ...(will === undefined ? [] : [text(will.topic), text(will.body)]),
    text(username),
    ...(password === undefined ? [] : [text(password)]),
  )
}

/** @param qos of the fixed header; @param id 0: none. */
export function publish(
  topic: string,
  body: Buffer | string,
  qos: number,
  id: number,
  dup: boolean,
  encoding?: BufferEncoding,
): Buffer {
  return packet(
    ...([3, (dup ? 8 : 0) | (qos << 1), text(topic, encoding)] as const),
    ...(qos === 0 ? [] : [idBytes(id)]),
    Buffer.from(body),
  )
}

export function subscribe(id: number, filters: readonly string[], qos: number, flags: number): Buffer {
  return packet(8, flags, idBytes(id), ...filters.flatMap((filter) => [text(filter), Buffer.from([qos])]))
}

export const puback = (id: number): Buffer => packet(4, 0, idBytes(id))
export const PINGREQ = packet(12, 0)
export const DISCONNECT = packet(14, 0)

/** Cuts a stream into packets. @throws RangeError for a length that does not end. */
export class Reader {
  #held: Buffer = Buffer.alloc(0)

  push(bytes: Buffer): void {
    this.#held = Buffer.concat([this.#held, bytes])
  }

  /** Bytes that wait for the rest of their packet. */
  get waiting(): number {
    return this.#held.length
  }

  next(): Incoming | undefined {
    let length = 0
    for (let at = 1; at < this.#held.length; at++) {
      if (at > 4) throw new RangeError('a remaining length of more than four bytes')
      const byte = this.#held[at] ?? 0
      length += (byte & 127) * 128 ** (at - 1)
      if ((byte & 128) !== 0) continue
      const end = at + 1 + length
      if (this.#held.length < end) return undefined
      const [first = 0] = this.#held
      const body = this.#held.subarray(at + 1, end)
      this.#held = this.#held.subarray(end)
      return { type: first >> 4, flags: first & 15, body }
    }
    return undefined
  }

  drop(): void {
    this.#held = Buffer.alloc(0)
  }
}

export interface Delivery {
  readonly topic: string
  readonly id: number
  readonly qos: number
  readonly dup: boolean
  readonly body: Buffer
}

export function delivery({ flags, body }: Incoming): Delivery {
  const qos = (flags >> 1) & 3
  const end = 2 + body.readUInt16BE(0)
  const id = qos === 0 ? 0 : body.readUInt16BE(end)
  return {
    ...{ qos, id, dup: (flags & 8) !== 0 },
    topic: body.subarray(2, end).toString(),
    body: body.subarray(end + (qos === 0 ? 0 : 2)),
  }
}
