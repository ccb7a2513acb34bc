/** PUBLISH with QoS 1 as bytes (MQTT 3.1.1, section 3.3). Everything else that a client says is written by mqtt.js. */

import { Buffer } from 'node:buffer'

const PUBLISH_QOS_1 = 0x32
const DUP = 0x08
/** Packet type, remaining length of at most 4 bytes, length of the topic, packet id. */
const MOST_AROUND_TOPIC = 1 + 4 + 2 + 2

/** Writes the packets of one connection; most of them go to the topic of the one before. */
export class PublishFrames {
  #topic = ''
  #topicBytes = Buffer.alloc(0)

  /** @returns the packet. @param payload text goes as UTF-8. */
  frame(packetId: number, topic: string, payload: string | Uint8Array, dup: boolean): Buffer {
    if (topic !== this.#topic) {
      this.#topic = topic
      this.#topicBytes = Buffer.from(topic)
    }
    const name = this.#topicBytes
    const payloadBytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
    const frame = Buffer.allocUnsafe(MOST_AROUND_TOPIC + name.length + payloadBytes)
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
