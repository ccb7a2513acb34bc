/** Reads and writes messages of AMQP 1.0; empty sections are left out (docs/contract/amqp.md#amqp-properties-absent). */

import { malformed } from './malformed.ts'
import * as amqp from './values.ts'
import type { Typed } from './values.ts'

/** Message format of a batch: each data section is a whole message (docs/contract/amqp.md#amqp-batch). */
export const BATCHED = 0x8001_3700

const PROPERTIES = [
  'messageId',
  'userId',
  'to',
  'subject',
  'replyTo',
  'correlationId',
  'contentType',
  'contentEncoding',
  'absoluteExpiryTime',
  'creationTime',
  'groupId',
  'groupSequence',
  'replyToGroupId',
] as const
type PropertyName = (typeof PROPERTIES)[number]

/** Values keep their AMQP types: an id is echoed with the type it came with (docs/contract/amqp.md#amqp-uuid-ids). */
export interface AmqpMessage {
  readonly annotations?: ReadonlyMap<string, Typed> | undefined
  readonly properties?: Readonly<Partial<Record<PropertyName, Typed>>> | undefined
  readonly application?: ReadonlyMap<string, Typed> | undefined
  /** Field of the section `header`. */
  readonly deliveryCount?: number | undefined
  /** One item for each data section. */
  readonly data?: readonly Buffer[] | undefined
  /** The body, when it is an amqp-value section. */
  readonly value?: Typed | undefined
}

const HEADER = 0x70
const DELIVERY_ANNOTATIONS = 0x71
const ANNOTATIONS = 0x72
const PROPERTIES_SECTION = 0x73
const APPLICATION = 0x74
const DATA = 0x75
const SEQUENCE = 0x76
const VALUE = 0x77
const FOOTER = 0x78
const SECTIONS: ReadonlyMap<string, number> = new Map([
  ['amqp:header:list', HEADER],
  ['amqp:delivery-annotations:map', DELIVERY_ANNOTATIONS],
  ['amqp:message-annotations:map', ANNOTATIONS],
  ['amqp:properties:list', PROPERTIES_SECTION],
  ['amqp:application-properties:map', APPLICATION],
  ['amqp:data:binary', DATA],
  ['amqp:amqp-sequence:list', SEQUENCE],
  ['amqp:amqp-value:*', VALUE],
  ['amqp:value:*', VALUE],
  ['amqp:footer:map', FOOTER],
])

/** @throws AmqpViolation when the bytes are not a message. */
export function decodeMessage(bytes: Buffer): AmqpMessage {
  const message: { -readonly [K in keyof AmqpMessage]: AmqpMessage[K] } = {}
  const data: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const { value, end } = amqp.readValue(bytes, at)
    at = end
    switch (amqp.descriptorOf(value, SECTIONS)) {
      case HEADER:
        message.deliveryCount = amqp.numberOf(amqp.itemsOf(value)[4])
        break
      case ANNOTATIONS:
        message.annotations = amqp.entriesOf(value)
        break
      case PROPERTIES_SECTION:
        message.properties = propertiesOf(amqp.itemsOf(value))
        break
      case APPLICATION:
        message.application = amqp.entriesOf(value)
        break
      case DATA:
        if (!Buffer.isBuffer(value.value)) throw malformed('a data section of bytes', `a ${value.type.name}`)
        data.push(value.value)
        break
      case VALUE:
        message.value = value
        break
      case DELIVERY_ANNOTATIONS:
      case SEQUENCE:
      case FOOTER:
        break
      default:
        throw malformed('a section of a message', `a ${value.type.name} without such a descriptor`)
    }
  }
  if (data.length > 0) message.data = data
  return message
}

function propertiesOf(items: readonly Typed[]): NonNullable<AmqpMessage['properties']> {
  const properties: Partial<Record<PropertyName, Typed>> = {}
  PROPERTIES.forEach((name, index) => {
    const item = amqp.present(items[index])
    if (item !== undefined) properties[name] = item
  })
  return properties
}

export function encodeMessage(message: AmqpMessage): Buffer {
  const { annotations, properties, application, deliveryCount, data, value } = message
  const sections: Typed[] = []
  if (deliveryCount !== undefined)
    sections.push(
      amqp.described(
        HEADER,
        amqp.list([
          amqp.boolean(false),
          amqp.ubyte(4),
          amqp.nothing(),
          amqp.boolean(false),
          amqp.uint(deliveryCount),
        ]),
      ),
    )
  if (annotations !== undefined && annotations.size > 0)
    sections.push(amqp.described(ANNOTATIONS, amqp.map(annotations, 'symbol')))
  if (properties !== undefined) {
    const items = PROPERTIES.map((name) => properties[name] ?? amqp.nothing())
    const last = PROPERTIES.findLastIndex((name) => properties[name] !== undefined)
    if (last >= 0) sections.push(amqp.described(PROPERTIES_SECTION, amqp.list(items)))
  }
  if (application !== undefined && application.size > 0)
    sections.push(amqp.described(APPLICATION, amqp.map(application, 'string')))
  if (value === undefined)
    for (const bytes of data ?? [EMPTY]) sections.push(amqp.described(DATA, amqp.binary(bytes)))
  else sections.push(amqp.described(VALUE, value))
  return amqp.writeValues(sections, 1_024)
}

const EMPTY = Buffer.alloc(0)

/** The body as bytes: data sections, a string or binary value, or any other value as JSON. */
export function bodyOf({ data, value }: AmqpMessage): Buffer {
  if (data !== undefined) return data.length === 1 ? (data[0] ?? EMPTY) : Buffer.concat(data)
  const known = amqp.present(value)
  if (known === undefined) return EMPTY
  if (Buffer.isBuffer(known.value)) return known.value
  return Buffer.from(amqp.textOf(known) ?? JSON.stringify(amqp.plain(known)))
}

/** A message id as text: a UUID with hyphens, a number in decimal (docs/contract/amqp.md#amqp-uuid-ids). */
export function idText(id: Typed | undefined): string | undefined {
  if (id === undefined) return undefined
  const text = amqp.textOf(id)
  if (text !== undefined) return text
  const number = amqp.exactNumberOf(id)
  if (number !== undefined) return String(number)
  if (!Buffer.isBuffer(id.value)) return ''
  return id.type.name === 'Uuid'
    ? id.value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    : id.value.toString('base64')
}
