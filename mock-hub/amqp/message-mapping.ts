/** Messages of the hub as messages of AMQP, both ways (wire contract 8.2, 8.4; WIRE-D2C-07). */

import type { C2dDelivery } from '../core/contract/c2d.ts'
import type { ApplicationProperties, Message, SystemProperties } from '../core/contract/message.ts'
import { bodyOf, idText } from './codec/messages.ts'
import type { AmqpMessage } from './codec/messages.ts'
import * as amqp from './codec/values.ts'
import type { Typed } from './codec/values.ts'

type TextProperty = Exclude<keyof SystemProperties, 'ack'>

/** Application properties and annotations that are system properties of the hub. */
const SYSTEM: ReadonlyMap<string, TextProperty> = new Map([
  ['iothub-creation-time-utc', 'creationTimeUtc'],
  ['iothub-outputname', 'outputName'],
  ['iothub-interface-id', 'interfaceId'],
  ['iothub-message-schema', 'messageSchema'],
  ['iothub-operation', 'operation'],
  ['dt-subject', 'componentName'],
  ['Diagnostic-Id', 'diagnosticId'],
  ['Correlation-Context', 'correlationContext'],
])
const ACKS: readonly string[] = ['none', 'positive', 'negative', 'full']

/** What a client has sent. */
export function toMessage(incoming: AmqpMessage): Message {
  const { properties = {}, annotations } = incoming
  const system: SystemProperties = {}
  const put = (name: TextProperty, text: string | undefined): void => {
    if (text !== undefined) system[name] = text
  }
  put('messageId', idText(properties.messageId))
  put('correlationId', idText(properties.correlationId))
  put('userId', textValue(properties.userId))
  put('to', textValue(properties.to))
  put('contentType', textValue(properties.contentType))
  put('contentEncoding', textValue(properties.contentEncoding))
  put('expiryTimeUtc', textValue(properties.absoluteExpiryTime))
  for (const [name, value] of annotations ?? []) {
    const known = SYSTEM.get(name)
    if (known !== undefined) put(known, textValue(value))
  }
  return {
    body: bodyOf(incoming),
    system,
    properties: applicationProperties(incoming.application, system),
  }
}

/** Fills in the system properties among them. */
function applicationProperties(
  application: AmqpMessage['application'],
  system: SystemProperties,
): ApplicationProperties {
  const properties: Record<string, string | null> = {}
  for (const [name, typed] of application ?? []) {
    const value = textValue(typed) ?? null
    const known = SYSTEM.get(name)
    if (known !== undefined && value !== null) system[known] = value
    else if (name === 'iothub-ack' && value !== null && isAck(value)) system.ack = value
    else
      Object.defineProperty(properties, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return properties
}

function isAck(value: string): value is NonNullable<SystemProperties['ack']> {
  return ACKS.includes(value)
}

/** A value of any simple type as text; times in ISO 8601. Undefined: null, or nothing that can be told so. */
function textValue(value: Typed | undefined): string | undefined {
  const known = amqp.present(value)
  if (known === undefined) return undefined
  if (known.value instanceof Date)
    return Number.isNaN(known.value.getTime()) ? undefined : known.value.toISOString()
  if (Buffer.isBuffer(known.value))
    return /^Vbin/.test(known.type.name) ? known.value.toString('utf8') : idText(known)
  const simple = amqp.textOf(known) ?? amqp.numberOf(known) ?? amqp.booleanOf(known)
  return simple === undefined ? JSON.stringify(amqp.plain(known)) : String(simple)
}

/** The properties section; undefined: there is nothing in it, and then it must not be there (field notes 8.5). */
export function propertiesOf(system: Readonly<SystemProperties>): NonNullable<AmqpMessage['properties']> {
  const { messageId, correlationId, userId, to, contentType, contentEncoding, expiryTimeUtc } = system
  const expiresAt = expiryTimeUtc === undefined ? Number.NaN : Date.parse(expiryTimeUtc)
  return {
    ...(messageId === undefined ? {} : { messageId: amqp.string(messageId) }),
    ...(userId === undefined ? {} : { userId: amqp.binary(Buffer.from(userId)) }),
    ...(to === undefined ? {} : { to: amqp.string(to) }),
    ...(correlationId === undefined ? {} : { correlationId: amqp.string(correlationId) }),
    ...(contentType === undefined ? {} : { contentType: amqp.symbol(ascii(contentType)) }),
    ...(contentEncoding === undefined ? {} : { contentEncoding: amqp.symbol(ascii(contentEncoding)) }),
    ...(Number.isNaN(expiresAt) ? {} : { absoluteExpiryTime: amqp.timestamp(expiresAt) }),
  }
}

/** Application properties as they were sent; a name without a value has an empty one. */
export function applicationOf(properties: ApplicationProperties): Map<string, Typed> {
  return new Map(Object.entries(properties).map(([name, value]) => [name, amqp.string(value ?? '')]))
}

/** A cloud-to-device message on its way to a device. */
export function c2dMessage({ message, deliveryCount, sequenceNumber, enqueuedAt }: C2dDelivery): AmqpMessage {
  const application = applicationOf(message.properties)
  if (message.system.ack !== undefined) application.set('iothub-ack', amqp.string(message.system.ack))
  return {
    deliveryCount: deliveryCount - 1,
    annotations: new Map([
      ['x-opt-sequence-number', amqp.long(sequenceNumber)],
      ['x-opt-enqueued-time', amqp.timestamp(enqueuedAt)],
    ]),
    properties: propertiesOf(message.system),
    application,
    data: [message.body],
  }
}

/** A message of another module to an input. */
export function inputMessage(inputName: string, { body, system, properties }: Message): AmqpMessage {
  const annotations = new Map([['x-opt-input-name', amqp.string(inputName)]])
  const { connectionDeviceId, connectionModuleId } = system
  if (connectionDeviceId !== undefined)
    annotations.set('iothub-connection-device-id', amqp.string(connectionDeviceId))
  if (connectionModuleId !== undefined)
    annotations.set('iothub-connection-module-id', amqp.string(connectionModuleId))
  return {
    annotations,
    properties: propertiesOf(system),
    application: applicationOf(properties),
    data: [body],
  }
}

/** Symbols are ASCII. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
