/**
 * Properties of messages as HTTPS headers, in both directions (docs/contract/https.md). Header names are matched without
 * case; the names of application properties keep their case (WIRE-HTTP-02).
 */

import type { C2dDelivery } from '../../core/contract/c2d.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { ApplicationProperties, Message, SystemProperties } from '../../core/contract/message.ts'
import { utcText } from '../../base/time-text.ts'

const APPLICATION = 'iothub-app-'

type TextProperty = Exclude<keyof SystemProperties, 'ack'>

const SYSTEM: Readonly<Record<string, TextProperty>> = {
  'iothub-messageid': 'messageId',
  'iothub-correlationid': 'correlationId',
  'iothub-userid': 'userId',
  'iothub-to': 'to',
  'iothub-expiry': 'expiryTimeUtc',
  'iothub-contenttype': 'contentType',
  'iothub-contentencoding': 'contentEncoding',
  'iothub-interface-id': 'interfaceId',
  'iothub-creationtimeutc': 'creationTimeUtc',
  'iothub-operation': 'operation',
  'dt-subject': 'componentName',
}

/** The headers that a device receives with a cloud-to-device message; the type and encoding of its content have no prefix there. */
const DELIVERED = [
  ['iothub-messageid', 'messageId'],
  ['iothub-correlationid', 'correlationId'],
  ['iothub-userid', 'userId'],
  ['iothub-to', 'to'],
  ['iothub-expiry', 'expiryTimeUtc'],
  ['ContentType', 'contentType'],
  ['ContentEncoding', 'contentEncoding'],
] as const satisfies readonly (readonly [string, TextProperty])[]

/**
 * The message that headers and a body describe.
 * @param named header names and values; headers that are not message properties are ignored.
 * @throws HubError ArgumentInvalid for an invalid `iothub-ack`.
 */
export function messageFrom(named: Iterable<readonly [string, string]>, body: Buffer): Message {
  const system: SystemProperties = {}
  const properties: Record<string, string | null> = {}
  for (const [name, value] of named) {
    const key = name.toLowerCase()
    // A header may have the name `constructor`.
    const text = Object.hasOwn(SYSTEM, key) ? SYSTEM[key] : undefined
    if (text !== undefined) system[text] = value
    else if (key === 'iothub-ack') system.ack = ackOf(value)
    else if (key.startsWith(APPLICATION) && key.length > APPLICATION.length)
      Object.defineProperty(properties, name.slice(APPLICATION.length), {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      })
  }
  return { body, system, properties }
}

/** Node's `rawHeaders` (name, value, name, …) as pairs; values that are UTF-8 are decoded. */
export function* headerPairs(rawHeaders: readonly string[]): Iterable<readonly [string, string]> {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    yield [rawHeaders[at] ?? '', fromLatin1(rawHeaders[at + 1] ?? '')]
}

/** The headers of a cloud-to-device message for a device. */
export function deliveryHeaders(delivery: C2dDelivery): Record<string, string> {
  const { message } = delivery
  const headers: Record<string, string> = {
    ETag: `"${delivery.lockToken}"`,
    'iothub-sequencenumber': String(delivery.sequenceNumber),
    'iothub-enqueuedtime': utcText(delivery.enqueuedAt),
    // Deliveries before this one (docs/contract/https.md#https-delivery-count).
    'iothub-deliverycount': String(delivery.deliveryCount - 1),
  }
  for (const [name, property] of DELIVERED) {
    const value = message.system[property]
    if (value !== undefined) headers[name] = toLatin1(value)
  }
  if (message.system.ack !== undefined) headers['iothub-ack'] = message.system.ack
  Object.assign(headers, applicationHeaders(message.properties))
  return headers
}

function applicationHeaders(properties: ApplicationProperties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      `${APPLICATION}${name.replace(/[^!#$%&'*+\-.^_`|~0-9A-Za-z]/gu, encodeURIComponent)}`,
      toLatin1(value ?? ''),
    ]),
  )
}

function ackOf(value: string): NonNullable<SystemProperties['ack']> {
  const ack = value.toLowerCase()
  if (ack === 'none' || ack === 'positive' || ack === 'negative' || ack === 'full') return ack
  throw new HubError({
    kind: 'ArgumentInvalid',
    message: `Expected iothub-ack to be none, positive, negative or full; given: ${value}.`,
    rule: 'WIRE-C2D-06',
    expected: 'iothub-ack to be none, positive, negative or full',
    received: value.slice(0, 80),
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Node represents each byte of a header as one character. */
function fromLatin1(value: string): string {
  const bytes = Buffer.from(value, 'latin1')
  try {
    return utf8.decode(bytes)
  } catch {
    return value
  }
}

/** Control characters are percent-encoded; everything else is sent as UTF-8 bytes. */
function toLatin1(value: string): string {
  return Buffer.from(value.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, encodeURIComponent)).toString(
    'latin1',
  )
}
