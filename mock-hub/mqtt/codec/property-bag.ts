/**
 * Message properties at the end of a topic, read and written (WIRE-D2C-03 to WIRE-D2C-12, WIRE-C2D-05): `k=v&k2=v2`,
 * percent-encoded UTF-8; system properties begin with `$.`.
 */

import type { ApplicationProperties, SystemProperties } from '../../core/contract/message.ts'

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
 * Reads a bag of a device. A leading `?` is not part of the first name, a `/` ends the bag, a name without `=` has the
 * value null. Invalid percent-encoding is kept as it is.
 */
export function parsePropertyBag(text: string): PropertyBag {
  const slash = text.indexOf('/')
  const bag = text.slice(text.startsWith('?') ? 1 : 0, slash < 0 ? undefined : slash)
  if (bag === '') return NO_PROPERTIES
  const system: SystemProperties = {}
  const properties: Record<string, string | null> = {}
  for (const element of bag.split('&')) {
    if (element === '') continue
    const equals = element.indexOf('=')
    const name = unescaped(equals < 0 ? element : element.slice(0, equals))
    const value = equals < 0 ? null : unescaped(element.slice(equals + 1))
    const systemName = SYSTEM_NAMES.get(name)
    if (systemName !== undefined) {
      if (value !== null) system[systemName] = value
    } else if (name === 'iothub-ack' && value !== null && isAck(value)) {
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
function put(properties: Record<string, string | null>, name: string, value: string | null): void {
  if (name !== '__proto__') properties[name] = value
  else
    Object.defineProperty(properties, name, { value, enumerable: true, configurable: true, writable: true })
}

function unescaped(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** System properties in the order in which the service writes them, before all others. */
const WRITTEN: readonly (readonly [wire: string, name: keyof SystemProperties])[] = [
  ['$.mid', 'messageId'],
  ['$.cid', 'correlationId'],
  ['$.uid', 'userId'],
  ['$.to', 'to'],
  ['$.exp', 'expiryTimeUtc'],
  ['$.ct', 'contentType'],
  ['$.ce', 'contentEncoding'],
  ['$.ctime', 'creationTimeUtc'],
  ['$.on', 'outputName'],
  ['$.ifid', 'interfaceId'],
  ['$.sub', 'componentName'],
  ['$.schema', 'messageSchema'],
  ['$.cdid', 'connectionDeviceId'],
  ['$.cmid', 'connectionModuleId'],
  ['$.diagid', 'diagnosticId'],
  ['$.diagctx', 'correlationContext'],
  ['iothub-ack', 'ack'],
  ['iothub-operation', 'operation'],
]

/** Writes a bag for a device. Each element has a `=`: the Java SDK throws without it (WIRE-C2D-08). */
export function formatPropertyBag(bag: PropertyBag): string {
  const elements: string[] = []
  for (const [wire, name] of WRITTEN) {
    const value = bag.system[name]
    if (value !== undefined) elements.push(`${escaped(wire)}=${escaped(value)}`)
  }
  for (const [name, value] of Object.entries(bag.properties)) {
    elements.push(`${escaped(name)}=${escaped(value ?? '')}`)
  }
  return elements.join('&')
}

/** Lone surrogates cannot be encoded in UTF-8; they become U+FFFD, as everywhere in Node. */
function escaped(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
}
