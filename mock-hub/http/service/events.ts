/**
 * `GET /events`: device-to-cloud messages and events of the hub as server-sent events, for tools without an Event Hubs
 * client. Query: `device` (an ID), `source` (of the message), `after` (a sequence number; default: only new messages).
 */

import type { JsonObject } from '../../base/json.ts'
import { readJson } from '../../base/json-text.ts'
import { MESSAGE_SOURCES, type TelemetryMessage } from '../../core/contract/message.ts'
import { resumePoint, streamEvents } from '../../http-common/event-stream.ts'
import type { HubRoutes } from '../common/route-context.ts'
import { utcText } from '../../base/time-text.ts'

interface EventsQuery {
  device?: string
  source?: TelemetryMessage['source']
  after?: string
}

export const eventRoutes: HubRoutes = (app, { hub }, done) => {
  app.get<{ Querystring: EventsQuery; Headers: { 'last-event-id'?: string } }>(
    '/events',
    {
      // A route of this hub, not of the service, so it needs no api-version.
      config: { access: { service: ['ServiceConnect'] }, throttle: 'none', versioned: false },
      schema: {
        tags: ['events'],
        summary: 'Stream device-to-cloud messages and events of the hub (server-sent events)',
        querystring: {
          type: 'object',
          properties: {
            device: { type: 'string' },
            source: { enum: MESSAGE_SOURCES },
            after: { type: 'string', pattern: '^\\d{1,15}$' },
          },
        },
      },
    },
    (request, reply) => {
      const { device, source, after } = request.query
      const matches = (message: TelemetryMessage) =>
        (device === undefined || message.deviceId === device) &&
        (source === undefined || message.source === source)
      const start = resumePoint(after, request.headers['last-event-id'])
      streamEvents(reply, hub, (send) => {
        const tell = (message: TelemetryMessage): void => {
          if (matches(message))
            send({ id: message.sequenceNumber, event: message.source, data: eventDocument(message) })
        }
        if (start !== undefined)
          for (const message of hub.telemetry.messages) if (message.sequenceNumber > start) tell(message)
        return hub.telemetry.subscribe(tell)
      })
      return reply
    },
  )
  done()
}

/** A message as JSON: bodies that are JSON or text are decoded, others are in base64. */
export function eventDocument(message: TelemetryMessage): JsonObject {
  return {
    sequenceNumber: message.sequenceNumber,
    enqueuedTime: utcText(message.enqueuedAt),
    source: message.source,
    deviceId: message.deviceId,
    ...(message.moduleId === undefined ? {} : { moduleId: message.moduleId }),
    ...(message.modelId === undefined ? {} : { modelId: message.modelId }),
    // JSON drops absent properties.
    systemProperties: JSON.parse(JSON.stringify(message.system)) as JsonObject,
    properties: { ...message.properties },
    ...bodyOf(message),
  }
}

function bodyOf({ body }: TelemetryMessage): JsonObject {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return { bodyBase64: body.toString('base64') }
  }
  try {
    return { body: readJson(text) }
  } catch {
    return { body: text }
  }
}
