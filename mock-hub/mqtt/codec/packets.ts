/** MQTT 3.1.1 control packets: their numbers, those that the hub writes, and parsing with mqtt-packet. */

import mqttPacket from 'mqtt-packet'
import type { IConnectPacket, ISubscribePacket, IUnsubscribePacket, Packet } from 'mqtt-packet'
import { MalformedPacket } from './frames.ts'

/** Control packet types: the high four bits of a packet's first byte. */
export const TYPE = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const

export const DUP = 0x08
export const RETAIN = 0x01

export type ConnectPacket = IConnectPacket
export type SubscribePacket = ISubscribePacket
export type UnsubscribePacket = IUnsubscribePacket

/** Remaining length of packets whose length is fixed: mqtt-packet does not check it. */
const FIXED_LENGTH: Readonly<Partial<Record<string, number>>> = { puback: 2, pingreq: 0, disconnect: 0 }

/** @throws MalformedPacket when the frame is not one valid packet. */
export function parsePacket(frame: Buffer): Packet {
  const parser = mqttPacket.parser({ protocolVersion: 4 })
  let parsed: Packet | undefined
  let problem: unknown
  parser.on('packet', (packet) => (parsed ??= packet))
  parser.on('error', (error: unknown) => (problem ??= error))
  try {
    parser.parse(frame)
  } catch (error) {
    problem ??= error
  }
  if (problem !== undefined || parsed === undefined) {
    throw new MalformedPacket(problem instanceof Error ? problem.message : 'incomplete packet')
  }
  const fixed = FIXED_LENGTH[parsed.cmd]
  if (fixed !== undefined && parsed.length !== fixed)
    throw new MalformedPacket(`${parsed.cmd.toUpperCase()} of remaining length ${parsed.length ?? 0}`)
  return parsed
}

export function connack(returnCode: number, sessionPresent = false): Buffer {
  return Buffer.from([0x20, 2, sessionPresent ? 1 : 0, returnCode])
}

export function puback(packetId: number): Buffer {
  return Buffer.from([0x40, 2, packetId >> 8, packetId & 0xff])
}

export function suback(packetId: number, granted: readonly number[]): Buffer {
  return mqttPacket.generate({ cmd: 'suback', messageId: packetId, granted: [...granted] })
}

export function unsuback(packetId: number): Buffer {
  return Buffer.from([0xb0, 2, packetId >> 8, packetId & 0xff])
}

export const PINGRESP: Buffer = Buffer.from([0xd0, 0])

/** @param packetId 0: QoS 0. */
export function publish(topic: string, payload: Buffer | string, packetId: number, dup = false): Buffer {
  const topicLength = Buffer.byteLength(topic)
  const payloadLength = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
  const length = 2 + topicLength + (packetId === 0 ? 0 : 2) + payloadLength
  const headerSize = length < 0x80 ? 2 : length < 0x4000 ? 3 : length < 0x200000 ? 4 : 5
  const bytes = Buffer.allocUnsafe(headerSize + length)
  bytes[0] = 0x30 | (packetId === 0 ? 0 : 2) | (dup ? DUP : 0)
  let at = 1
  for (let rest = length; ; rest >>= 7) {
    bytes[at++] = rest < 0x80 ? rest : (rest & 0x7f) | 0x80
    if (rest < 0x80) break
  }
  at = bytes.writeUInt16BE(topicLength, at)
  at += bytes.write(topic, at)
  if (packetId !== 0) at = bytes.writeUInt16BE(packetId, at)
  if (typeof payload === 'string') bytes.write(payload, at)
  else payload.copy(bytes, at)
  return bytes
}

/** A PUBLISH as the journal keeps it: mqtt-packet's fields, decoded when they are read. */
export class PublishView {
  readonly payload: Buffer
  readonly #header: number
  readonly #buffer: Buffer
  readonly #topicStart: number
  readonly #topicEnd: number
  readonly #packetId: number

  /** @param packetId 0 for QoS 0. */
  constructor(
    header: number,
    buffer: Buffer,
    topicStart: number,
    topicEnd: number,
    packetId: number,
    payload: Buffer,
  ) {
    this.payload = payload
    this.#header = header
    this.#buffer = buffer
    this.#topicStart = topicStart
    this.#topicEnd = topicEnd
    this.#packetId = packetId
  }

  get cmd(): 'publish' {
    return 'publish'
  }

  get topic(): string {
    return this.#buffer.toString('utf8', this.#topicStart, this.#topicEnd)
  }

  get qos(): number {
    return (this.#header >> 1) & 3
  }

  get dup(): boolean {
    return (this.#header & DUP) !== 0
  }

  get retain(): boolean {
    return (this.#header & RETAIN) !== 0
  }

  get messageId(): number | undefined {
    return this.#packetId === 0 ? undefined : this.#packetId
  }

  toJSON(): object {
    const { cmd, topic, payload, qos, dup, retain, messageId } = this
    return { cmd, topic, payload, qos, dup, retain, messageId }
  }
}

/** Protocol name and level of a CONNECT. mqtt-packet reads other versions too, so they are checked before it is called. */
export function readProtocol(frame: Buffer, body: number): { name: string; level: number; flags: number } {
  if (frame.length < body + 2) throw new MalformedPacket('CONNECT without protocol name')
  const levelAt = body + 2 + frame.readUInt16BE(body)
  if (frame.length <= levelAt) throw new MalformedPacket('CONNECT without protocol level')
  const [level = 0, flags = 0] = frame.subarray(levelAt, levelAt + 2)
  return { name: frame.toString('utf8', body + 2, levelAt), level, flags }
}

/** @throws MalformedPacket for contradictory connect flags that mqtt-packet accepts (MQTT 3.1.1, section 3.1.2). */
export function checkConnectFlags(flags: number): void {
  if ((flags & 0x18) === 0x18) throw new MalformedPacket('a will of QoS 3')
  if ((flags & 0xc0) === 0x40) throw new MalformedPacket('a password and no user name')
}
