import { expect, test } from 'vitest'
import type { TelemetryMessage } from '../../core/contract/message.ts'
import { decodeMessage } from '../codec/messages.ts'
import { plain } from '../codec/values.ts'
import { eventBytes } from './event-message.ts'

test('telemetry-null-property: a property without a value is null for readers, an empty one is empty', () => {
  const message: TelemetryMessage = {
    body: Buffer.from('x'),
    system: {},
    properties: { a: null, b: '' },
    sequenceNumber: 1,
    enqueuedAt: 0,
    source: 'Telemetry',
    deviceId: 'd',
    moduleId: undefined,
    authMethod: undefined,
    authGenerationId: undefined,
    modelId: undefined,
  }
  const { application } = decodeMessage(eventBytes(message, { sequenceNumber: 1, offset: 0, enqueuedAt: 0 }))
  expect([...(application ?? [])].map(([name, value]) => [name, plain(value)])).toEqual([
    ['a', null],
    ['b', ''],
  ])
})
