/** A message to or from the hub, its payload and its properties. */

import { Buffer } from 'node:buffer'

/**
 * What a message can carry to the hub: bytes, text (sent as UTF-8), a number or truth value (as its text), nothing.
 *
 * @example
 * ```ts
 * import type { MessageData } from 'mock-iot-hub-client'
 *
 * export const payloads: MessageData[] = ['text', Buffer.from([1, 2]), 21.5, true, null]
 * ```
 */
export type MessageData = string | Uint8Array | number | bigint | boolean | null | undefined

/**
 * Value of a custom property; numbers and truth values travel as their text, `null` as a name without a value.
 *
 * @example
 * ```ts
 * import type { PropertyValue } from 'mock-iot-hub-client'
 *
 * export const properties: Record<string, PropertyValue> = { alarm: true, level: 3, room: 'kitchen' }
 * ```
 */
export type PropertyValue = string | number | bigint | boolean | null

const SECURITY_INTERFACE = 'urn:azureiot:Security:SecurityAgent:1'

/**
 * A message from or to the hub: a payload and its properties.
 *
 * @example
 * ```ts
 * import { Message } from 'mock-iot-hub-client'
 *
 * const message = new Message(JSON.stringify({ temperature: 21.5 }))
 * message.contentType = 'application/json'
 * message.contentEncoding = 'utf-8'
 * message.customProperties['room'] = 'kitchen'
 * ```
 */
export class Message<Data = MessageData> {
  /** The payload. Received messages carry a `Buffer`. */
  data: Data
  /** Properties of the application, in no order. */
  customProperties: Record<string, PropertyValue> = {}
  /** Identifies the message; the service accepts up to 128 characters. */
  messageId: string | undefined
  /** When the message expires, UTC: a `Date` or ISO 8601 text. */
  expiryTimeUtc: Date | string | undefined
  /** The `messageId` of the message that this one answers. */
  correlationId: string | undefined
  /** Who produced the message. */
  userId: string | undefined
  /** Encoding of the payload when it is text: `utf-8`, `utf-16` or `utf-32`. */
  contentEncoding: string | undefined
  /** Kind of the payload, for example `application/json`. */
  contentType: string | undefined
  /** Output of a module that the message leaves by. */
  outputName: string | undefined
  /** Input of a module that the message came in by. */
  inputName: string | undefined
  /** Feedback that the sender of a cloud-to-device message asked for: `none`, `positive`, `negative`, `full`. */
  ack: string | undefined
  #interfaceId: string | undefined

  /**
   * @param data - the payload.
   * @param messageId - identifies the message.
   * @param contentEncoding - for example `utf-8`.
   * @param contentType - for example `application/json`.
   * @param outputName - the module output; `sendMessageToOutput` sets it too.
   */
  constructor(
    data: Data,
    messageId?: string | null,
    contentEncoding?: string | null,
    contentType?: string | null,
    outputName?: string | null,
  ) {
    this.data = data
    this.messageId = messageId ?? undefined
    this.contentEncoding = contentEncoding ?? undefined
    this.contentType = contentType ?? undefined
    this.outputName = outputName ?? undefined
  }

  /** Interface of the message; only {@link Message.setAsSecurityMessage} sets it. */
  get iothubInterfaceId(): string | undefined {
    return this.#interfaceId
  }

  /** Marks the message for the security service of the hub instead of the ordinary endpoints. */
  setAsSecurityMessage(): void {
    this.#interfaceId = SECURITY_INTERFACE
  }

  /**
   * Size that counts against the hub's limit of 262144: bytes of the payload and UTF-8 bytes of all properties.
   * Source: decision D-15.
   */
  getSize(): number {
    const expiry = this.expiryTimeUtc
    let size =
      byteLength(this.data) +
      byteLength(this.messageId) +
      byteLength(this.correlationId) +
      byteLength(this.userId) +
      byteLength(this.contentEncoding) +
      byteLength(this.contentType) +
      byteLength(this.outputName) +
      byteLength(this.#interfaceId) +
      byteLength(expiry instanceof Date ? expiry.toISOString() : expiry)
    for (const key in this.customProperties) {
      size += byteLength(key) + byteLength(this.customProperties[key])
    }
    return size
  }

  /** The payload as text. */
  toString(): string {
    const data: unknown = this.data
    return data instanceof Uint8Array ? Buffer.from(data).toString('utf8') : String(data)
  }
}

/**
 * A message as handlers and receive calls get it: the payload is bytes.
 *
 * @example
 * ```ts
 * import type { ReceivedMessage } from 'mock-iot-hub-client'
 *
 * export function textOf(message: ReceivedMessage): string {
 *   return message.data.toString('utf8')
 * }
 * ```
 */
export type ReceivedMessage = Message<Buffer>

/** UTF-8 bytes of the text form; bytes count as they are; nothing, and what cannot be sent, counts nothing. */
function byteLength(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return Buffer.byteLength(value)
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value).length
    default:
      return value instanceof Uint8Array ? value.byteLength : 0
  }
}
