/** Messages to and from the hub: payload and properties. */

import { Buffer } from 'node:buffer'

/**
 * The payload of a message to the hub: bytes, a string (sent as UTF-8), a number or boolean (sent as a string), or
 * nothing.
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
 * The value of a custom property; numbers and booleans are sent as strings, `null` as a name without a value.
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
 * A message to or from the hub: a payload and its properties.
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
  /** The properties of the application, unordered. */
  customProperties: Record<string, PropertyValue> = {}
  /** Identifies the message; the service accepts up to 128 characters. */
  messageId: string | undefined
  /** When the message expires, in UTC: a `Date` or an ISO 8601 string. */
  expiryTimeUtc: Date | string | undefined
  /** The `messageId` of the message that this one replies to. */
  correlationId: string | undefined
  /** The producer of the message. */
  userId: string | undefined
  /** Encoding of a text payload: `utf-8`, `utf-16` or `utf-32`. */
  contentEncoding: string | undefined
  /** Content type of the payload, for example `application/json`. */
  contentType: string | undefined
  /** The output of the module that sends the message. */
  outputName: string | undefined
  /** The input of the module that received the message. */
  inputName: string | undefined
  /** Feedback that the sender of a cloud-to-device message requested: `none`, `positive`, `negative` or `full`. */
  ack: string | undefined
  #interfaceId: string | undefined

  /**
   * @param data - the payload.
   * @param messageId - identifies the message.
   * @param contentEncoding - for example `utf-8`.
   * @param contentType - for example `application/json`.
   * @param outputName - the output of the module; `sendMessageToOutput` sets it too.
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

  /** The interface id of the message; only {@link Message.setAsSecurityMessage} sets it. */
  get iothubInterfaceId(): string | undefined {
    return this.#interfaceId
  }

  /** Routes the message to the security service of the hub instead of the usual endpoints. */
  setAsSecurityMessage(): void {
    this.#interfaceId = SECURITY_INTERFACE
  }

  /**
   * The size in bytes that counts against the limit of 262144: the payload and all properties in UTF-8 (decision D-15).
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
    for (const [key, value] of Object.entries(this.customProperties)) {
      size += byteLength(key) + byteLength(value)
    }
    return size
  }

  /** The payload as a string. */
  toString(): string {
    const data: unknown = this.data
    return data instanceof Uint8Array ? Buffer.from(data).toString('utf8') : String(data)
  }
}

/**
 * A received message: its payload is a `Buffer`.
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

/** UTF-8 bytes of the value as a string, or its own bytes; 0 for an empty value and for one that cannot be sent. */
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
