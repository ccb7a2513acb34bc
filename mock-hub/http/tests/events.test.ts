import { expect, test } from 'vitest'
import type { TelemetryMessage } from '../../core/contract/message.ts'
import { eventDocument } from '../service/events.ts'

const DEEP = '['.repeat(50_000) + ']'.repeat(50_000)
const message = (body: Buffer | string): TelemetryMessage => ({
  body: Buffer.from(body as Buffer),
  system: { contentType: 'application/json' },
  properties: { a: null },
  sequenceNumber: 1,
  enqueuedAt: 0,
  source: 'Telemetry',
  deviceId: 'd',
  moduleId: undefined,
  authMethod: '{}',
  authGenerationId: '1',
  modelId: undefined,
})

test.each<[string, Buffer | string, object]>([
  ['JSON', '{"t":1}', { body: { t: 1 } }],
  ['text', 'hello', { body: 'hello' }],
  ['nothing', '', { body: '' }],
  ['bytes that are not text', Buffer.from([0xff, 0]), { bodyBase64: '/wA=' }],
  ['JSON that cannot be written again', DEEP, { body: DEEP }],
])('a body of %s', (_what, body, shown) => {
  const document = eventDocument(message(body))
  expect(document).toEqual({
    sequenceNumber: 1,
    enqueuedTime: '1970-01-01T00:00:00.0000000Z',
    source: 'Telemetry',
    deviceId: 'd',
    systemProperties: { contentType: 'application/json' },
    properties: { a: null },
    ...shown,
  })
  expect(JSON.parse(JSON.stringify(document))).toEqual(document)
})
