/** Valid MQTT packets with one lie: one field says what is not so. */

import { pick, type Random } from './random.ts'

/** Where the fields of a packet begin. */
interface Shape {
  /** Bytes of the fixed header. */
  readonly header: number
  readonly remaining: number
}

const INVALID_UTF8 = [
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xff, 0xfe],
  [0x00, 0x00],
  [0xf4, 0x90, 0x80, 0x80],
] as const

/** The packet, with one lie. */
export function withOneLie(packet: Buffer, random: Random): Buffer {
  const { header, remaining } = shapeOf(packet)
  const body = packet.subarray(header)
  const type = (packet[0] ?? 0) >> 4
  const lies: (() => Buffer)[] = [
    // The remaining length is not that of the body.
    () =>
      assembled(
        packet[0] ?? 0,
        body,
        Math.max(0, remaining + pick(random, [-1, 1, 2, -2, 127, 16_384, 268_435_455 - remaining])),
      ),
    // A length in more bytes than it needs, or in too many.
    () => Buffer.concat([packet.subarray(0, 1), overlong(remaining, 2 + random(3)), body]),
    // Flags that the type does not have, and other types.
    () => changed(packet, 0, (byte) => (byte & 0xf0) | random(16)),
    () => changed(packet, 0, (byte) => (byte & 0x0f) | (random(16) << 4)),
    // The first length of the body: a topic, a filter or a protocol name.
    () => lengthLie(packet, header, random),
    // A packet id of 0, or another one.
    () => changed(packet, header, () => 0, 2),
    // A text that is not UTF-8.
    () => {
      const at = header + 2 + random(Math.max(1, body.length - 2))
      const bytes = pick(random, INVALID_UTF8)
      const copy = Buffer.from(packet)
      bytes.forEach((byte, n) => {
        if (at + n < copy.length) copy[at + n] = byte
      })
      return copy
    },
    // The same packet cut off, with its length corrected.
    () => {
      const cut = body.subarray(0, random(body.length + 1))
      return assembled(packet[0] ?? 0, cut, cut.length)
    },
    // More than the packet has, with its length corrected.
    () => {
      const more = Buffer.concat([body, Buffer.alloc(1 + random(8), random(256))])
      return assembled(packet[0] ?? 0, more, more.length)
    },
    // The requested QoS of the last filter.
    () => changed(packet, packet.length - 1, () => 3 + random(253)),
  ]
  // CONNECT: level, flags, keep-alive.
  if (type === 1)
    lies.push(
      () => changed(packet, header + 6, () => random(256)),
      () => changed(packet, header + 7, () => random(256)),
      () => changed(packet, header + 8, () => random(256), 2),
      () => changed(packet, header + 2, () => 0x4d, 4),
    )
  return pick(random, lies)()
}

function shapeOf(packet: Buffer): Shape {
  let [header, remaining, factor] = [1, 0, 1]
  for (;;) {
    const byte = packet[header++] ?? 0
    remaining += (byte & 0x7f) * factor
    factor *= 128
    if (byte < 0x80 || header > 4) return { header, remaining }
  }
}

function assembled(first: number, body: Buffer, remaining: number): Buffer {
  return Buffer.concat([Buffer.from([first]), lengthOf(remaining), body])
}

function lengthOf(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    const byte = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? byte | 0x80 : byte)
  } while (rest > 0)
  return Buffer.from(bytes)
}

function overlong(value: number, bytes: number): Buffer {
  const list = [...lengthOf(value)].map((byte) => byte | 0x80)
  while (list.length < bytes) list.push(0x80)
  list[list.length - 1] = (list[list.length - 1] ?? 0) & 0x7f
  return Buffer.from(list)
}

function lengthLie(packet: Buffer, at: number, random: Random): Buffer {
  if (packet.length < at + 2) return packet
  const copy = Buffer.from(packet)
  const told = copy.readUInt16BE(at)
  copy.writeUInt16BE(pick(random, [0, Math.max(0, told - 1), told + 1, packet.length, 0xffff]) & 0xffff, at)
  return copy
}

function changed(packet: Buffer, at: number, change: (byte: number) => number, count = 1): Buffer {
  const copy = Buffer.from(packet)
  for (let n = at; n < Math.min(at + count, copy.length); n++) copy[n] = change(copy[n] ?? 0)
  return copy
}
