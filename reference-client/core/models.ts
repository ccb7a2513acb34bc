/** What applications send and receive: messages, method requests and their responses. Documented names, camel case. */

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
 * Any value that JSON can write: twins, patches and method payloads.
 *
 * @example
 * ```ts
 * import type { JsonValue } from 'mock-iot-hub-client'
 *
 * export const settings: JsonValue = { interval: 5, units: ['C', 'F'], note: null }
 * ```
 */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
/**
 * A JSON mapping.
 *
 * @example
 * ```ts
 * import type { JsonObject } from 'mock-iot-hub-client'
 *
 * export const reported: JsonObject = { firmware: { version: '1.2.0' } }
 * ```
 */
export interface JsonObject {
  /** Any name. */
  readonly [key: string]: JsonValue
}

/**
 * A device's or module's twin as the device sees it.
 *
 * @example
 * ```ts
 * import type { Twin } from 'mock-iot-hub-client'
 *
 * export function intervalOf(twin: Twin): number {
 *   const { interval } = twin.desired
 *   return typeof interval === 'number' ? interval : 60
 * }
 * ```
 */
export interface Twin {
  /** Set by the back end. */
  readonly desired: TwinProperties
  /** Set by the device or module. */
  readonly reported: TwinProperties
}

/**
 * One half of a twin, with its version.
 *
 * @example
 * ```ts
 * import type { TwinProperties } from 'mock-iot-hub-client'
 *
 * export function isNewer(one: TwinProperties, other: TwinProperties): boolean {
 *   return one.$version > other.$version
 * }
 * ```
 */
export interface TwinProperties extends JsonObject {
  /** Grows with each change. */
  readonly $version: number
}

/**
 * A change of the desired properties, with its version; `null` marks what was removed.
 *
 * @example
 * ```ts
 * import type { IoTHubDeviceClient, TwinPatch } from 'mock-iot-hub-client'
 *
 * export function follow(client: IoTHubDeviceClient, apply: (patch: TwinPatch) => Promise<void>): void {
 *   client.onTwinDesiredPropertiesPatchReceived = apply
 * }
 * ```
 */
export type TwinPatch = JsonObject & { readonly $version?: number }

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

/**
 * A direct method that the hub asks this client to run. Answer it with `sendMethodResponse`.
 *
 * @example
 * ```ts
 * import { type IoTHubDeviceClient, MethodRequest } from 'mock-iot-hub-client'
 *
 * export function logMethods(client: IoTHubDeviceClient): void {
 *   client.onMethodRequestReceived = (request: MethodRequest) => {
 *     console.log(request.name, request.payload)
 *   }
 * }
 * ```
 */
export class MethodRequest {
  readonly #requestId: string
  readonly #name: string
  readonly #payload: JsonValue

  /**
   * @param requestId - identifies the request; its response repeats it.
   * @param name - the method.
   * @param payload - its argument; `null` when there was none.
   */
  constructor(requestId: string, name: string, payload: JsonValue) {
    this.#requestId = requestId
    this.#name = name
    this.#payload = payload
  }

  /** Identifies the request. */
  get requestId(): string {
    return this.#requestId
  }

  /** The method. */
  get name(): string {
    return this.#name
  }

  /** Its argument; `null` when there was none. */
  get payload(): JsonValue {
    return this.#payload
  }
}

/**
 * The answer to a method request.
 *
 * @example
 * ```ts
 * import { MethodResponse, type IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export function answerReboots(client: IoTHubDeviceClient): void {
 *   client.onMethodRequestReceived = async (request) => {
 *     const status = request.name === 'reboot' ? 200 : 404
 *     await client.sendMethodResponse(MethodResponse.createFromMethodRequest(request, status))
 *   }
 * }
 * ```
 */
export class MethodResponse {
  /** Of the request that is answered. */
  requestId: string
  /** Any whole number; the caller of the method gets it. */
  status: number
  /** What the caller of the method gets; `null` when left out. */
  payload: JsonValue | undefined

  /**
   * @param requestId - of the request that is answered.
   * @param status - any whole number.
   * @param payload - what the caller gets.
   */
  constructor(requestId: string, status: number, payload?: JsonValue) {
    this.requestId = requestId
    this.status = status
    this.payload = payload
  }

  /** A response to that request. */
  static createFromMethodRequest(
    methodRequest: MethodRequest,
    status: number,
    payload?: JsonValue,
  ): MethodResponse {
    return new MethodResponse(methodRequest.requestId, status, payload)
  }
}

/**
 * What the hub needs to let a blob be uploaded; `getStorageInfoForBlob` gives it.
 *
 * @example
 * ```ts
 * import type { StorageInfo } from 'mock-iot-hub-client'
 *
 * export function uploadUrl({ hostName, containerName, blobName, sasToken }: StorageInfo): string {
 *   return `https://${hostName}/${containerName}/${encodeURI(blobName)}${sasToken}`
 * }
 * ```
 */
export interface StorageInfo {
  /** Repeat it in `notifyBlobUploadStatus`. */
  readonly correlationId: string
  /** Host of the storage account. */
  readonly hostName: string
  /** Container in that account. */
  readonly containerName: string
  /** Name of the blob in that container, the device id first. */
  readonly blobName: string
  /** Query string that gives access to this one blob. */
  readonly sasToken: string
}

/**
 * What `invokeMethod` sends.
 *
 * @example
 * ```ts
 * import type { MethodParams } from 'mock-iot-hub-client'
 *
 * export const reboot: MethodParams = {
 *   methodName: 'reboot',
 *   payload: { delay: 5 },
 *   responseTimeoutInSeconds: 30,
 * }
 * ```
 */
export interface MethodParams {
  /** The method to run. */
  readonly methodName: string
  /** Its argument. */
  readonly payload?: JsonValue
  /** How long the hub waits for the target to be connected, in seconds. */
  readonly connectTimeoutInSeconds?: number
  /** How long the hub waits for the response, in seconds. */
  readonly responseTimeoutInSeconds?: number
}

/**
 * What `invokeMethod` gets.
 *
 * @example
 * ```ts
 * import type { IoTHubModuleClient, MethodResult } from 'mock-iot-hub-client'
 *
 * export async function rebootAll(client: IoTHubModuleClient, deviceIds: string[]): Promise<MethodResult[]> {
 *   return Promise.all(deviceIds.map((deviceId) => client.invokeMethod({ methodName: 'reboot' }, deviceId)))
 * }
 * ```
 */
export interface MethodResult {
  /** The status that the method answered. */
  readonly status: number
  /** What it returned; `null` when it returned nothing. */
  readonly payload: JsonValue
}

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
