/**
 * The events of one group as bytes: metadata as JSON, then the bodies as they are. What events have in common is written once:
 * the sender, and properties that a device repeats.
 */

import type { TelemetryMessage } from '../contract/message.ts'

type Sender = Pick<
  TelemetryMessage,
  'source' | 'deviceId' | 'moduleId' | 'authMethod' | 'authGenerationId' | 'modelId'
>

/** 0 stands for no properties, which most messages have; from 1 on, for those of the row with this number. */
type Row = readonly [
  sender: number,
  enqueuedAt: number,
  bodyLength: number,
  system: TelemetryMessage['system'] | number,
  properties: TelemetryMessage['properties'] | number,
]

interface Head {
  /** Of the first; the others follow without gaps. */
  readonly sequenceNumber: number
  readonly senders: readonly Partial<Sender>[]
  readonly events: readonly Row[]
}

const LENGTH_BYTES = 4

/** Digits of a sequence number in a key: keys sort as numbers do. */
const DIGITS = 16

/** @param sequenceNumber of the first event. */
export function packKey(sequenceNumber: number): string {
  return String(sequenceNumber).padStart(DIGITS, '0')
}

export function packEvents(events: readonly TelemetryMessage[]): Buffer {
  const senders: Sender[] = []
  const places = new Map<string, number>()
  let last: TelemetryMessage | undefined
  let lastPlace = 0
  const systems = new Map<object, number>()
  const properties = new Map<object, number>()
  const rows = events.map((event, index): Row => {
    if (last === undefined || !isSameSender(last, event)) lastPlace = placeOfSender(event, senders, places)
    last = event
    return [
      lastPlace,
      event.enqueuedAt,
      event.body.length,
      once(event.system, systems, index + 1),
      once(event.properties, properties, index + 1),
    ]
  })
  const head: Head = { sequenceNumber: events[0]?.sequenceNumber ?? 0, senders, events: rows }
  return joined(JSON.stringify(head), events)
}

/** One allocation: most of what a hub under load stores goes through here. */
function joined(text: string, events: readonly TelemetryMessage[]): Buffer {
  const end = LENGTH_BYTES + Buffer.byteLength(text)
  const pack = Buffer.allocUnsafe(events.reduce((size, { body }) => size + body.length, end))
  pack.writeUInt32BE(end - LENGTH_BYTES)
  pack.write(text, LENGTH_BYTES)
  let at = end
  for (const { body } of events) {
    pack.set(body, at)
    at += body.length
  }
  return pack
}

export function unpackEvents(bytes: Buffer): readonly TelemetryMessage[] {
  const end = LENGTH_BYTES + bytes.readUInt32BE(0)
  const { sequenceNumber, senders, events } = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end)) as Head
  let at = end
  return events.map(([sender, enqueuedAt, bodyLength, system, properties], index) => {
    const body = bytes.subarray(at, at + bodyLength)
    at += bodyLength
    return {
      ...{ ...ABSENT, ...senders[sender] },
      ...{ body, enqueuedAt, sequenceNumber: sequenceNumber + index },
      system: given(system, events, SYSTEM),
      properties: given(properties, events, PROPERTIES),
    }
  })
}

/** What JSON leaves out. */
const ABSENT: Sender = {
  source: 'Telemetry',
  deviceId: '',
  moduleId: undefined,
  authMethod: undefined,
  authGenerationId: undefined,
  modelId: undefined,
}

function isSameSender(a: Sender, b: Sender): boolean {
  return (
    a.deviceId === b.deviceId &&
    a.moduleId === b.moduleId &&
    a.source === b.source &&
    a.authMethod === b.authMethod &&
    a.authGenerationId === b.authGenerationId &&
    a.modelId === b.modelId
  )
}

function placeOfSender(
  { source, deviceId, moduleId, authMethod, authGenerationId, modelId }: Sender,
  senders: Sender[],
  places: Map<string, number>,
): number {
  const sender = { source, deviceId, moduleId, authMethod, authGenerationId, modelId }
  const key = JSON.stringify(sender)
  const known = places.get(key)
  if (known !== undefined) return known
  places.set(key, senders.length)
  return senders.push(sender) - 1
}

/** @param rows by object, the number of the row that has it. */
function once<T extends object>(object: T, rows: Map<object, number>, row: number): T | number {
  if (isEmpty(object)) return 0
  const known = rows.get(object)
  if (known === undefined) rows.set(object, row)
  return known ?? object
}

const SYSTEM = 3
const PROPERTIES = 4

function given<Place extends typeof SYSTEM | typeof PROPERTIES>(
  value: Row[Place],
  rows: readonly Row[],
  place: Place,
): Exclude<Row[Place], number> {
  const found = typeof value === 'number' ? rows[value - 1]?.[place] : value
  return (found ?? {}) as Exclude<Row[Place], number>
}

function isEmpty(object: object): boolean {
  for (const _name in object) return false
  return true
}
