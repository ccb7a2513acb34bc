/**
 * Formats and parses the message properties at the end of a topic.
 * Source: docs/contract/client/wire.md#client-wire-topics;
 * docs/contract/mqtt.md#mqtt-property-bag.
 */

import { Message, type PropertyValue, type ReceivedMessage } from '../core/models/message.ts'
import { percentDecode, percentEncode } from '../core/percent.ts'

/**
 * The system properties in the order of the Python SDK, then the application properties sorted by name.
 */
export function formatProperties(message: Message<unknown>): string {
  const pairs: string[] = []
  const add = (key: string, value: PropertyValue | undefined) => {
    if (value !== undefined && value !== null) pairs.push(`%24.${key}=${percentEncode(String(value))}`)
  }
  add('on', message.outputName)
  add('mid', message.messageId)
  add('cid', message.correlationId)
  add('uid', message.userId)
  add('ct', message.contentType)
  add('ce', message.contentEncoding)
  add('ifid', message.iothubInterfaceId)
  add(
    'exp',
    message.expiryTimeUtc instanceof Date ? message.expiryTimeUtc.toISOString() : message.expiryTimeUtc,
  )
  const properties = Object.entries(message.customProperties)
  if (properties.length > 1) properties.sort(([one], [other]) => (one < other ? -1 : 1))
  for (const [name, value] of properties) {
    // A name without `=` is null, an empty string keeps its `=` (docs/contract/mqtt.md#mqtt-property-bag).
    pairs.push(
      value === null ? percentEncode(name) : `${percentEncode(name)}=${percentEncode(String(value))}`,
    )
  }
  return pairs.join('&')
}

/** Parses the properties that the hub appended to the topic. */
export function parseMessage(properties: string, payload: Buffer): ReceivedMessage {
  const message: ReceivedMessage = new Message(payload)
  for (const pair of properties.replace(/^\?/, '').split('&')) {
    if (pair === '') continue
    const [key = '', value] = pair.split('=')
    assign(message, percentDecode(key), value === undefined ? undefined : percentDecode(value))
  }
  return message
}

function assign(message: ReceivedMessage, key: string, value: string | undefined): void {
  switch (key) {
    case '$.to':
      return // the address of this client
    case '$.mid':
      message.messageId = value
      return
    case '$.cid':
      message.correlationId = value
      return
    case '$.uid':
      message.userId = value
      return
    case '$.ct':
      message.contentType = value
      return
    case '$.ce':
      message.contentEncoding = value
      return
    case '$.exp':
      message.expiryTimeUtc = value
      return
    case 'iothub-ack':
      message.ack = value
      return
    default:
      setOwn(message.customProperties, key, value ?? null)
  }
}

/** Sets an own property, also for names such as `__proto__`. */
function setOwn(properties: Record<string, PropertyValue>, key: string, value: PropertyValue): void {
  Object.defineProperty(properties, key, { value, enumerable: true, configurable: true, writable: true })
}
