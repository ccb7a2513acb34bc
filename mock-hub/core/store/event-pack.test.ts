import { expect, test } from 'vitest'
import type { TelemetryMessage } from '../contract/message.ts'
import { packEvents, unpackEvents } from './event-pack.ts'

const system = { messageId: 'm1' }
const properties = { room: 'kitchen' }

function event(sequenceNumber: number, change: Partial<TelemetryMessage> = {}): TelemetryMessage {
  return {
    ...{ sequenceNumber, enqueuedAt: 1_000 + sequenceNumber, source: 'Telemetry', deviceId: 'd1' },
    ...{ moduleId: undefined, authMethod: 'a', authGenerationId: '1', modelId: undefined },
    ...{ body: Buffer.from(`body ${String(sequenceNumber)}`), system: {}, properties: {} },
    ...change,
  }
}

test('events are read as they were packed', () => {
  const events = [
    event(7, { system, properties }),
    event(8),
    event(9, { deviceId: 'd2', body: Buffer.alloc(0), properties: { ä: '€' } }),
    event(10, { properties }),
    event(11, { system, properties: { ...properties } }),
    event(12, { moduleId: 'm', modelId: 'dtmi:a;1', source: 'twinChangeEvents' }),
  ]
  expect(unpackEvents(packEvents(events))).toEqual(events)
})

test('properties that a device repeats are written once', () => {
  const one = packEvents([event(1, { system, properties })])
  const repeated = packEvents([1, 2, 3].map((number) => event(number, { system, properties })))
  expect(repeated.toString().split('kitchen')).toHaveLength(2)
  expect(repeated.toString().split('m1')).toHaveLength(2)
  expect(repeated.length).toBeLessThan(2 * one.length)
})

test('a pack of an earlier version, with properties in each row, is read', () => {
  const head = {
    ...{
      sequenceNumber: 1,
      senders: [{ source: 'Telemetry', deviceId: 'd1', authMethod: 'a', authGenerationId: '1' }],
    },
    events: [
      [0, 1_001, 6, system, 0],
      [0, 1_002, 6, system, properties],
    ],
  }
  const text = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  expect(unpackEvents(Buffer.concat([length, text, Buffer.from('body 1body 2')]))).toEqual([
    event(1, { system }),
    event(2, { system, properties }),
  ])
})
