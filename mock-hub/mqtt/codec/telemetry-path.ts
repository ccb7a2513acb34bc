/**
 * The fast path of telemetry: the beginning of a topic is compared byte by byte, and the property bag is decoded only if
 * it differs from the previous one (performance goal P1).
 */

import { isUtf8 } from 'node:buffer'
import type { Identity } from '../../core/contract/identity.ts'
import type { Message } from '../../core/contract/message.ts'
import { MalformedPacket } from './frames.ts'
import { parsePropertyBag } from './property-bag.ts'
import type { PropertyBag } from './property-bag.ts'
import { isTopicName, telemetryRoot } from './topics.ts'

const SLASH = 0x2f
const EMPTY_BAG = parsePropertyBag('')
const NO_BYTES = Buffer.alloc(0)

export class TelemetryPath {
  readonly #root: Buffer
  /** The id has a character that no topic may have. */
  readonly #unusable: boolean
  #lastBytes: Buffer = NO_BYTES
  #lastBag: PropertyBag = EMPTY_BAG

  constructor(identity: Identity) {
    const root = telemetryRoot(identity)
    this.#root = Buffer.from(root)
    this.#unusable = !isTopicName(root)
  }

  /**
   * @returns the bag of a telemetry topic of this identity; undefined: another topic, or one that no PUBLISH may name.
   * @throws MalformedPacket when the topic is not UTF-8 (MQTT-1.5.3-1).
   * @throws HubError when the bag is malformed (WIRE-D2C-21).
   */
  bagOf(buffer: Buffer, topicStart: number, topicEnd: number): PropertyBag | undefined {
    const root = this.#root
    const rootEnd = topicStart + root.length
    if (
      this.#unusable ||
      rootEnd > topicEnd ||
      buffer.compare(root, 0, root.length, topicStart, rootEnd) !== 0
    )
      return undefined
    if (rootEnd === topicEnd) return EMPTY_BAG
    if (buffer[rootEnd] !== SLASH) return undefined
    const start = rootEnd + 1
    if (start === topicEnd) return EMPTY_BAG
    const last = this.#lastBytes
    if (last.length === topicEnd - start && buffer.compare(last, 0, last.length, start, topicEnd) === 0) {
      return this.#lastBag
    }
    const bytes = Buffer.from(buffer.subarray(start, topicEnd))
    if (!isUtf8(bytes)) throw new MalformedPacket('topic is not UTF-8')
    const text = bytes.toString()
    if (!isTopicName(text)) return undefined
    const bag = parsePropertyBag(text)
    this.#lastBytes = bytes
    this.#lastBag = bag
    return bag
  }
}

/** Comes first, and a bag cannot say otherwise. */
const RETAINED = { 'mqtt-retain': 'true' }

/** RETAIN has no effect but a property (WIRE-SESS-21). */
export function telemetryMessage(body: Buffer, bag: PropertyBag, retain: boolean): Message {
  if (!retain) return { body, system: bag.system, properties: bag.properties }
  return { body, system: bag.system, properties: { ...RETAINED, ...bag.properties, ...RETAINED } }
}

/** A will as the telemetry message that it becomes (WIRE-SESS-20). @throws HubError when its bag is malformed. */
export function willMessage(bagText: string, body: Buffer, retain: boolean): Message {
  const message = telemetryMessage(body, parsePropertyBag(bagText), retain)
  return { ...message, properties: { ...message.properties, 'iothub-MessageType': 'Will' } }
}
