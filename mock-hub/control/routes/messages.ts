/** Cloud-to-device messages, and messages to inputs of modules. */

import { BASE64_RULE, base64Problem } from '../../base/base64.ts'
import { InvalidInput } from '../../base/invalid-input.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { WaitingC2d } from '../../core/contract/c2d.ts'
import type { ApplicationProperties, Message, SystemProperties } from '../../core/contract/message.ts'
import { utcText } from '../../base/time-text.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'
import { bytesOf } from '../json.ts'

interface MessageBody {
  /** A string is sent as text, `{ base64 }` as bytes, any other value as JSON. */
  readonly body?: Json
  readonly properties?: ApplicationProperties
  readonly system?: SystemProperties
}

const TEXT = { type: 'string' } as const
const MESSAGE = objectOf({
  body: {
    description: 'a string is sent as text, { base64 } as bytes, any other value as JSON; default: empty',
  },
  properties: {
    type: 'object',
    additionalProperties: { type: ['string', 'null'] },
    description: 'application properties; null: a name without a value',
  },
  system: objectOf({
    messageId: TEXT,
    correlationId: TEXT,
    userId: TEXT,
    to: TEXT,
    contentType: TEXT,
    contentEncoding: TEXT,
    creationTimeUtc: TEXT,
    expiryTimeUtc: { ...TEXT, description: 'ISO 8601' },
    ack: { enum: ['none', 'positive', 'negative', 'full'] },
    messageSchema: TEXT,
    interfaceId: TEXT,
    componentName: TEXT,
    outputName: TEXT,
    connectionDeviceId: TEXT,
    connectionModuleId: TEXT,
  }),
})
const tags = ['messages']

export const messageRoutes: ControlRoutes = (app, { hub }) => {
  const path = '/devices/:deviceId/messages'
  app.post<{ Params: IdentityParams; Body: MessageBody }>(
    path,
    {
      schema: {
        tags,
        summary: 'Send a cloud-to-device message; it waits while the device is not connected',
        body: MESSAGE,
      },
    },
    ({ params, body }, reply) => {
      const { messageId, sequenceNumber } = hub.c2d.send(identityOf(params), messageOf(body))
      return reply.code(202).send({ messageId: messageId ?? null, sequenceNumber })
    },
  )
  app.get<{ Params: IdentityParams }>(
    path,
    { schema: { tags, summary: 'List the waiting and locked cloud-to-device messages, oldest first' } },
    ({ params }) => {
      const identity = identityOf(params)
      hub.registry.get(identity)
      return hub.c2d.waiting(identity).map(waitingDocument)
    },
  )
  app.delete<{ Params: IdentityParams }>(
    path,
    { schema: { tags, summary: 'Delete all cloud-to-device messages of a device' } },
    ({ params }) => {
      const identity = identityOf(params)
      hub.registry.get(identity)
      return { purged: hub.c2d.purge(identity) }
    },
  )
  app.post<{ Params: IdentityParams & { readonly inputName: string }; Body: MessageBody }>(
    '/devices/:deviceId/modules/:moduleId/inputs/:inputName',
    {
      schema: {
        tags,
        summary: 'Send a message to an input of a module; it waits while the module is not connected',
        body: MESSAGE,
      },
    },
    ({ params, body }, reply) => {
      hub.inputs.send(identityOf(params), params.inputName, messageOf(body))
      return reply.code(202).send({ inputName: params.inputName })
    },
  )
}

function messageOf({ body, properties = {}, system = {} }: MessageBody): Message {
  return { body: bodyOf(body), properties, system }
}

function bodyOf(body: Json | undefined): Buffer {
  if (body === undefined) return Buffer.alloc(0)
  if (typeof body === 'string') return Buffer.from(body)
  const base64 = base64Of(body)
  if (base64 === undefined) return Buffer.from(JSON.stringify(body))
  if (base64Problem(base64) !== undefined)
    throw new InvalidInput('message', 'body.base64', BASE64_RULE, base64)
  return Buffer.from(base64, 'base64')
}

function base64Of(body: Json): string | undefined {
  if (typeof body !== 'object' || body === null || !('base64' in body)) return undefined
  const { base64, ...rest } = body
  return typeof base64 === 'string' && Object.keys(rest).length === 0 ? base64 : undefined
}

function waitingDocument(waiting: WaitingC2d): JsonObject {
  const { message, sequenceNumber, enqueuedAt, expiresAt, deliveries } = waiting
  return {
    sequenceNumber,
    enqueuedTime: utcText(enqueuedAt),
    expiryTime: utcText(expiresAt),
    deliveries,
    system: { ...message.system },
    properties: { ...message.properties },
    body: bytesOf(message.body),
  }
}
