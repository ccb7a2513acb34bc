/**
 * Message properties at the end of a topic, read and written (WIRE-D2C-03 to WIRE-D2C-12, WIRE-C2D-05): `k=v&k2=v2`,
 * percent-encoded UTF-8; system properties begin with `$.`.
 */

import { percentDecoded } from '../../base/percent.ts'
import type { ApplicationProperties, SystemProperties } from '../../core/contract/message.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'

export interface PropertyBag {
  readonly system: Readonly<SystemProperties>
  readonly properties: ApplicationProperties
}

/** System properties with any text as value, by their names in the topic. */
const SYSTEM = {
  '$.mid': 'messageId',
  '$.cid': 'correlationId',
  '$.uid': 'userId',
  '$.to': 'to',
  '$.ct': 'contentType',
  '$.ce': 'contentEncoding',
  '$.exp': 'expiryTimeUtc',
  '$.ctime': 'creationTimeUtc',
  '$.on': 'outputName',
  '$.ifid': 'interfaceId',
  '$.sub': 'componentName',
  '$.schema': 'messageSchema',
  '$.cdid': 'connectionDeviceId',
  '$.cmid': 'connectionModuleId',
  '$.diagid': 'diagnosticId',
  '$.diagctx': 'correlationContext',
  'iothub-operation': 'operation',
} as const satisfies Record<string, keyof SystemProperties>

type SystemName = (typeof SYSTEM)[keyof typeof SYSTEM]
const SYSTEM_NAMES: ReadonlyMap<string, SystemName> = new Map(Object.entries(SYSTEM))
const ACKS: ReadonlySet<string> = new Set(['none', 'positive', 'negative', 'full'])

const NO_PROPERTIES: PropertyBag = Object.freeze({
  system: Object.freeze({}),
  properties: Object.freeze({}),
})

/**
 * Reads a bag of a device. A leading `?` is part of the first name (WIRE-D2C-04), a `/` ends the bag, a name without `=`
 * has the empty text. Invalid percent-encoding is kept as it is.
 * @throws HubError ArgumentInvalid for an empty name and for a value with a raw `=` (WIRE-D2C-21).
 */
export function parsePropertyBag(text: string): PropertyBag {
  const slash = text.indexOf('/')
  const bag = slash < 0 ? text : text.slice(0, slash)
  if (bag === '') return NO_PROPERTIES
  const system: SystemProperties = {}
  const properties: Record<string, string> = {}
  for (const element of bag.split('&')) {
    const equals = element.indexOf('=')
    if (element === '' || equals === 0) throw malformed(text, 'an empty name')
    if (equals !== element.lastIndexOf('=')) throw malformed(text, 'a raw = in a value')
    const name = unescaped(equals < 0 ? element : element.slice(0, equals))
    const value = equals < 0 ? '' : unescaped(element.slice(equals + 1))
    const systemName = SYSTEM_NAMES.get(name)
    if (systemName !== undefined) {
      if (equals >= 0) system[systemName] = value
    } else if (name === 'iothub-ack' && isAck(value)) {
      system.ack = value
    } else {
      put(properties, name, value)
    }
  }
  return { system, properties }
}

function isAck(value: string): value is 'none' | 'positive' | 'negative' | 'full' {
  return ACKS.has(value)
}

/** Sets a property, also one named `__proto__`. */
function put(properties: Record<string, string>, name: string, value: string): void {
  if (name !== '__proto__') properties[name] = value
  else
    Object.defineProperty(properties, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Decodes what can be decoded, run by run; the rest stays as it is. */
function unescaped(text: string): string {
  return text.includes('%') ? text.replace(/(?:%[0-9a-f]{2})+/gi, percentDecoded) : text
}

function malformed(bag: string, what: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-D2C-21',
    expected: 'properties name=value&name=value with &, = and / percent-encoded in names and values',
    received: `${what} in ${quoted(bag)}`,
  })
}

type Written = readonly (readonly [wire: string, name: keyof SystemProperties])[]

/** The first system properties, in the order in which the service and edgeHub write them (WIRE-C2D-05). */
const FIRST: Written = [
  ['$.exp', 'expiryTimeUtc'],
  ['$.cid', 'correlationId'],
  ['$.mid', 'messageId'],
  ['$.to', 'to'],
  ['$.uid', 'userId'],
  ['$.ct', 'contentType'],
  ['$.ce', 'contentEncoding'],
]

const LAST: Written = [
  ['$.cdid', 'connectionDeviceId'],
  ['$.cmid', 'connectionModuleId'],
  ['$.sub', 'componentName'],
  ['$.on', 'outputName'],
  ['$.ifid', 'interfaceId'],
  ['$.diagid', 'diagnosticId'],
  ['$.diagctx', 'correlationContext'],
]

/** The creation time as over AMQP, the schema not (WIRE-C2D-24). */
const TO_DEVICES: Written = [
  ...FIRST,
  ['iothub-ack', 'ack'],
  ['iothub-creation-time-utc', 'creationTimeUtc'],
  ['$.schema', 'messageSchema'],
  ['iothub-operation', 'operation'],
  ...LAST,
]

/** As edgeHub writes them. */
const TO_INPUTS: Written = [
  ...FIRST,
  ['iothub-ack', 'ack'],
  ['$.schema', 'messageSchema'],
  ['iothub-operation', 'operation'],
  ['$.ctime', 'creationTimeUtc'],
  ...LAST,
]

/** Writes the bag of a cloud-to-device message. */
export function formatC2dBag(bag: PropertyBag): string {
  return written(bag, TO_DEVICES)
}

/** Writes the bag of a message to an input of a module. */
export function formatInputBag(bag: PropertyBag): string {
  return written(bag, TO_INPUTS)
}

/** A property with the value null is its name alone (WIRE-C2D-08). */
function written(bag: PropertyBag, names: Written): string {
  const elements: string[] = []
  for (const [wire, name] of names) {
    const value = bag.system[name]
    if (value !== undefined) elements.push(`${escaped(wire)}=${escaped(value)}`)
  }
  for (const [name, value] of Object.entries(bag.properties)) {
    elements.push(value === null ? escaped(name) : `${escaped(name)}=${escaped(value)}`)
  }
  return elements.join('&')
}

/**
 * Everything but letters, digits and `-._~` is encoded, as RFC 3986 has it. Lone surrogates cannot be encoded in UTF-8;
 * they become U+FFFD, as everywhere in Node.
 */
function escaped(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
