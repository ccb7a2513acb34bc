/** The events of one group as bytes: metadata as JSON, bodies as they are. */

import type { TelemetryMessage } from '../contract/message.ts'

type Metadata = Omit<TelemetryMessage, 'body' | 'sequenceNumber'> & { readonly bodyLength: number }

interface Head {
  /** Of the first; the others follow without gaps. */
  readonly sequenceNumber: number
  readonly events: readonly Metadata[]
}

const LENGTH_BYTES = 4

/** Digits of a sequence number in a key: keys sort as numbers do. */
const DIGITS = 16

/** @param sequenceNumber of the first event. */
export function packKey(sequenceNumber: number): string {
  return String(sequenceNumber).padStart(DIGITS, '0')
}

export function packEvents(events: readonly TelemetryMessage[]): Buffer {
  const head: Head = {
    sequenceNumber: events[0]?.sequenceNumber ?? 0,
    events: events.map(({ body, sequenceNumber, ...rest }) => ({ ...rest, bodyLength: body.length })),
  }
  const text = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(text.length)
  return Buffer.concat([length, text, ...events.map(({ body }) => body)])
}

export function unpackEvents(bytes: Buffer): readonly TelemetryMessage[] {
  const end = LENGTH_BYTES + bytes.readUInt32BE(0)
  const { sequenceNumber, events } = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end)) as Head
  let at = end
  return events.map(({ bodyLength, ...rest }, index) => {
    const body = bytes.subarray(at, at + bodyLength)
    at += bodyLength
    // What is undefined is left out by JSON, and is a field of every message.
    return { ...ABSENT, ...rest, sequenceNumber: sequenceNumber + index, body }
  })
}

const ABSENT = {
  moduleId: undefined,
  authMethod: undefined,
  authGenerationId: undefined,
  modelId: undefined,
}
