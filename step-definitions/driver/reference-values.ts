/** Converts values between the reference client and the driver protocol. */

import { Buffer } from 'node:buffer'
import {
  ClientError,
  ConnectionDroppedError,
  ConnectionFailedError,
  CredentialError,
  InboxEmpty,
  type JsonValue,
  Message,
  type MessageData,
  type MethodRequest,
  MethodResponse,
  NoConnectionError,
  OperationCancelled,
  OperationTimeout,
  OSError,
  type ReceivedMessage,
  ServiceError,
  ValueError,
} from 'mock-iot-hub-client'
import type { DriverError, ErrorKind, JsonObject, Verbs, WireMessage } from './client-driver.ts'

/** A value that cannot be serialized as JSON. */
export const NOT_JSON = 1n

/** Subclasses first: most classes are subclasses of ClientError. */
const KINDS: readonly (readonly [new (...given: never[]) => Error, ErrorKind])[] = [
  [CredentialError, 'credential'],
  [ConnectionFailedError, 'connectionFailed'],
  [ConnectionDroppedError, 'connectionDropped'],
  [NoConnectionError, 'noConnection'],
  [OperationTimeout, 'timeout'],
  [OperationCancelled, 'cancelled'],
  [InboxEmpty, 'inboxEmpty'],
  [ClientError, 'clientInternal'],
  [ValueError, 'argument'],
  [TypeError, 'argumentType'],
  [OSError, 'os'],
]

export function describeError(error: unknown): DriverError {
  const type = error instanceof Error ? error.name : typeof error
  const native = { type, message: error instanceof Error ? error.message : String(error) }
  const kind = KINDS.find(([of]) => error instanceof of)?.[1] ?? 'other'
  if (kind === 'clientInternal' && error instanceof Error && error.cause instanceof ServiceError) {
    return { kind: 'service', status: error.cause.status, native }
  }
  return { kind, native }
}

/** The message that the application passes to a send call. */
export function messageFrom(given: WireMessage): Message | MessageData {
  const body = Buffer.from(given.body, 'base64')
  switch (given.as) {
    case 'text':
      return body.toString('utf8')
    case 'bytes':
      return body
    case 'number':
      return Number(body.toString('utf8'))
    case 'mapping':
      // Invalid data: the client must reject it.
      return new Message({} as unknown as MessageData)
    case 'message':
    case undefined:
      break
  }
  const message: Message = new Message<MessageData>(
    body,
    given.messageId,
    given.contentEncoding,
    given.contentType,
  )
  message.correlationId = given.correlationId
  message.userId = given.userId
  for (const [name, value] of given.properties ?? []) message.customProperties[name] = value
  return message
}

/** A message that the client delivered. */
export function messageOf(message: ReceivedMessage | null): JsonObject | null {
  if (message === null) return null
  const { messageId, correlationId, userId, contentType, contentEncoding, inputName, customProperties } =
    message
  const known = { messageId, correlationId, userId, contentType, contentEncoding, inputName }
  const given = Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return {
    text: message.data.toString('utf8'),
    isBytes: Buffer.isBuffer(message.data),
    ...Object.fromEntries(given),
    properties: Object.fromEntries(
      Object.entries(customProperties).map(([name, value]) => [name, value === null ? null : String(value)]),
    ),
  }
}

export function methodOf(request: MethodRequest): JsonObject {
  return { requestId: request.requestId, name: request.name, payload: request.payload }
}

export function methodResponse(
  asked: Verbs['respondMethod'],
  request: MethodRequest | undefined,
): MethodResponse {
  // One requirement is about a payload that is not JSON.
  const payload = (asked.unwritable === true ? NOT_JSON : asked.payload) as unknown as JsonValue | undefined
  if (asked.fromRequest === true && request !== undefined) {
    return MethodResponse.createFromMethodRequest(request, asked.status, payload)
  }
  return new MethodResponse(asked.requestId ?? request?.requestId ?? '1', asked.status, payload)
}
