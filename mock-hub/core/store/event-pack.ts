/**
 * The events of one group as bytes: metadata as JSON, then the bodies as they are. What events of one sender have in common is
 * written once.
 */

import type { TelemetryMessage } from '../contract/message.ts'

type Sender = Pick<
  TelemetryMessage,
  'source' | 'deviceId' | 'moduleId' | 'authMethod' | 'authGenerationId' | 'modelId'
>

/** 0 stands for no properties, which most messages have. */
type Row = readonly [
  sender: number,
  enqueuedAt: number,
  bodyLength: number,
  system: TelemetryMessage['system'] | 0,
  properties: TelemetryMessage['properties'] | 0,
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
  const rows = events.map((event): Row => {
    if (last === undefined || !isSameSender(last, event)) lastPlace = placeOfSender(event, senders, places)
    last = event
    const { enqueuedAt, body, system, properties } = event
    return [
      lastPlace,
      enqueuedAt,
      body.length,
      isEmpty(system) ? 0 : system,
      isEmpty(properties) ? 0 : properties,
    ]
  })
  const head: Head = { sequenceNumber: events[0]?.sequenceNumber ?? 0, senders, events: rows }
  const text = Buffer.from(JSON.stringify(head))
  const length = Buffer.allocUnsafe(LENGTH_BYTES)
  length.writeUInt32BE(text.length)
  return Buffer.concat([length, text, ...events.map(({ body }) => body)])
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
      system: system === 0 ? {} : system,
      properties: properties === 0 ? {} : properties,
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

function isEmpty(object: object): boolean {
  for (const _name in object) return false
  return true
}
