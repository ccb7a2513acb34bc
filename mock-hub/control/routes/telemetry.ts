/** Device-to-cloud messages, and the meter of the daily quota. */

import type { JsonObject } from '../../base/json.ts'
import { MESSAGE_SOURCES, type TelemetryMessage } from '../../core/contract/message.ts'
import { utcText } from '../../base/time-text.ts'
import { FLAG, newest, objectOf, WHOLE, type ControlRoutes } from '../context.ts'
import { resumePoint, streamEvents } from '../../http-common/event-stream.ts'
import { bytesOf } from '../json.ts'

interface TelemetryQuery {
  readonly device?: string
  readonly module?: string
  readonly source?: TelemetryMessage['source']
  readonly after?: string
  readonly limit?: string
  readonly follow?: string
}

const QUERY = objectOf({
  device: { type: 'string' },
  module: { type: 'string' },
  source: { enum: MESSAGE_SOURCES },
  after: { ...WHOLE, description: 'only messages with a greater sequenceNumber' },
  limit: { ...WHOLE, description: 'only the newest messages, at most this many' },
  follow: {
    ...FLAG,
    description: 'server-sent events: first the messages that `after` selects, then new messages',
  },
})

export const telemetryRoutes: ControlRoutes = (app, { hub }) => {
  const { telemetry } = hub
  app.get<{ Querystring: TelemetryQuery; Headers: { 'last-event-id'?: string } }>(
    '/telemetry',
    {
      schema: { tags: ['telemetry'], summary: 'Device-to-cloud messages, oldest first', querystring: QUERY },
    },
    ({ query, headers }, reply) => {
      const { device, module, source } = query
      const matches = (message: TelemetryMessage): boolean =>
        (device === undefined || message.deviceId === device) &&
        (module === undefined || message.moduleId === module) &&
        (source === undefined || message.source === source)
      if (query.follow === undefined) {
        const after = Number(query.after ?? 0)
        const found = telemetry.messages.filter(
          (message) => message.sequenceNumber > after && matches(message),
        )
        return newest(found, query.limit).map(telemetryDocument)
      }
      const start = resumePoint(query.after, headers['last-event-id'])
      streamEvents(reply, hub, (send) => {
        const tell = (message: TelemetryMessage): void => {
          if (matches(message))
            send({ id: message.sequenceNumber, event: message.source, data: telemetryDocument(message) })
        }
        if (start !== undefined)
          for (const message of telemetry.messages) if (message.sequenceNumber > start) tell(message)
        return telemetry.subscribe(tell)
      })
      return reply
    },
  )
  app.get(
    '/meter',
    { schema: { tags: ['telemetry'], summary: 'How much of the daily quota is used' } },
    () => {
      const { used, limit, chunkBytes, byOperation } = hub.throttle.meter
      return { used, limit: limit ?? null, chunkBytes, byOperation, tier: hub.settings.tier ?? null }
    },
  )
}

function telemetryDocument(message: TelemetryMessage): JsonObject {
  const { sequenceNumber, enqueuedAt, source, deviceId, moduleId, modelId, system, properties, body } =
    message
  const { authMethod, authGenerationId } = message
  return {
    sequenceNumber,
    enqueuedTime: utcText(enqueuedAt),
    source,
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    ...(modelId === undefined ? {} : { modelId }),
    ...(authMethod === undefined ? {} : { authMethod }),
    ...(authGenerationId === undefined ? {} : { authGenerationId }),
    system: { ...system },
    properties: { ...properties },
    body: bytesOf(body),
  }
}
