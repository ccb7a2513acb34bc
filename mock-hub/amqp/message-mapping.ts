/** Converts messages between the hub and AMQP (docs/contract/amqp.md, WIRE-D2C-07). */

import type { C2dDelivery } from '../core/contract/c2d.ts'
import type { ApplicationProperties, Message, SystemProperties } from '../core/contract/message.ts'
import { bodyOf, idText } from './codec/messages.ts'
import type { AmqpMessage } from './codec/messages.ts'
import * as amqp from './codec/values.ts'
import type { Typed } from './codec/values.ts'

type TextProperty = Exclude<keyof SystemProperties, 'ack'>

/** Application properties and annotations that the hub keeps as system properties. */
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
const MAX_UBYTE = 255
const ACKS: readonly string[] = ['none', 'positive', 'negative', 'full']

/** A message of a client. */
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
    const systemName = SYSTEM.get(name)
    if (systemName !== undefined) put(systemName, textValue(value))
  }
  return {
    body: bodyOf(incoming),
    system,
    properties: applicationProperties(incoming.application, system),
  }
}

/** @param system is given the system properties among them. */
function applicationProperties(
  application: AmqpMessage['application'],
  system: SystemProperties,
): ApplicationProperties {
  const properties: Record<string, string | null> = {}
  for (const [name, typed] of application ?? []) {
    const value = textValue(typed) ?? null
    const systemName = SYSTEM.get(name)
    if (systemName !== undefined && value !== null) system[systemName] = value
    else if (name === 'iothub-ack' && value !== null && isAck(value)) system.ack = value
    else
      Object.defineProperty(properties, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return properties
}

function isAck(value: string): value is NonNullable<SystemProperties['ack']> {
  return ACKS.includes(value)
}

/** A value as text: times in ISO 8601, lists and maps as JSON. @returns undefined: null, or an invalid time. */
function textValue(value: Typed | undefined): string | undefined {
  const typed = amqp.present(value)
  if (typed === undefined) return undefined
  if (typed.value instanceof Date)
    return Number.isNaN(typed.value.getTime()) ? undefined : typed.value.toISOString()
  if (Buffer.isBuffer(typed.value))
    return /^Vbin/.test(typed.type.name) ? typed.value.toString('utf8') : idText(typed)
  const simple = amqp.textOf(typed) ?? amqp.exactNumberOf(typed) ?? amqp.booleanOf(typed)
  return simple === undefined ? JSON.stringify(amqp.plain(typed)) : String(simple)
}

/** The section `properties`; without properties it is absent (docs/contract/amqp.md#amqp-properties-absent). */
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

/** Application properties as they were sent; one without a value is null (telemetry-null-property). */
export function applicationOf(properties: ApplicationProperties): Map<string, Typed> {
  return new Map(
    Object.entries(properties).map(([name, value]) => [
      name,
      value === null ? amqp.nothing() : amqp.string(value),
    ]),
  )
}

/**
 * A cloud-to-device message.
 * @param earlier number of earlier deliveries that the message tells of.
 */
export function c2dMessage(
  { message, sequenceNumber, enqueuedAt }: Omit<C2dDelivery, 'deliveryCount'>,
  earlier: number,
): AmqpMessage {
  const { system } = message
  const application = applicationOf(message.properties)
  const alsoKnown: Readonly<Record<string, string | undefined>> = {
    'iothub-ack': system.ack,
    'iothub-creation-time-utc': system.creationTimeUtc,
    'iothub-message-schema': system.messageSchema,
    'iothub-operation': system.operation,
  }
  for (const [name, value] of Object.entries(alsoKnown))
    if (value !== undefined) application.set(name, amqp.string(value))
  return {
    deliveryCount: earlier,
    annotations: new Map([
      // .NET reads these two in these types only.
      ['x-opt-sequence-number', amqp.ulong(sequenceNumber)],
      ['iothub-deliverycount', amqp.ubyte(Math.min(earlier, MAX_UBYTE))],
      ['iothub-enqueuedtime', amqp.timestamp(enqueuedAt)],
    ]),
    properties: propertiesOf(system),
    application,
    data: [message.body],
  }
}

/** A message to an input of a module. */
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

/** Replaces what cannot stand in a symbol, which is ASCII. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
