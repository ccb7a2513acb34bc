/** Encodes PUBLISH with QoS 1 (MQTT 3.1.1, section 3.3). mqtt.js encodes all other packets. */

import { Buffer } from 'node:buffer'

const PUBLISH_QOS_1 = 0x32
const DUP = 0x08
/** Packet type, remaining length of at most 4 bytes, length of the topic, packet id. */
const MAX_OVERHEAD = 1 + 4 + 2 + 2

/** Encodes the packets of one connection; most have the topic of their predecessor. */
export class PublishFrames {
  #topic = ''
  #topicBytes = Buffer.alloc(0)

  /** @returns the packet. @param payload - a string is encoded as UTF-8. */
  frame(packetId: number, topic: string, payload: string | Uint8Array, dup: boolean): Buffer {
    if (topic !== this.#topic) {
      this.#topic = topic
      this.#topicBytes = Buffer.from(topic)
    }
    const name = this.#topicBytes
    const payloadBytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
    const frame = Buffer.allocUnsafe(MAX_OVERHEAD + name.length + payloadBytes)
    let at = frame.writeUInt8(dup ? PUBLISH_QOS_1 | DUP : PUBLISH_QOS_1, 0)
    let remaining = 2 + name.length + 2 + payloadBytes
    for (; remaining > 127; remaining >>>= 7) at = frame.writeUInt8((remaining & 127) | 128, at)
    at = frame.writeUInt8(remaining, at)
    at = frame.writeUInt16BE(name.length, at)
    frame.set(name, at)
    at = frame.writeUInt16BE(packetId, at + name.length)
    if (typeof payload === 'string') at += frame.write(payload, at)
    else {
      frame.set(payload, at)
      at += payloadBytes
    }
    return frame.subarray(0, at)
  }
}
