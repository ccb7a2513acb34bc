/** Devices that ask for their hub over HTTPS (DPS-HTTP-01 to DPS-HTTP-10). */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Registrant, RegistrationAnswer } from '../../provisioning/contract/provisioning.ts'
import { credentialsOf } from '../common/access.ts'
import { apiVersionOf } from '../common/api-version.ts'
import { JSON_TYPE, noSuchMethod, OF_PROVISIONING, type ProvisioningRoutes } from './answers.ts'

interface DeviceRoute {
  Params: { readonly scope: string; readonly registrationId: string; readonly operationId: string }
}

const ROOT = '/:scope/registrations/:registrationId'
const tags = ['provisioning']
/** The body is read as text: a device may send none, and any JSON (DPS-HTTP-06). */
const config = { ...OF_PROVISIONING, body: 'raw' } as const

export const deviceRoutes: ProvisioningRoutes = (app, { devices }) => {
  app.put<DeviceRoute>(
    `${ROOT}/register`,
    { config, schema: { tags, summary: 'Register a device at the provisioning service' } },
    async (request, reply) => {
      const answer = await devices.register(registrantOf(request), textOf(request))
      const [path = ''] = request.url.split('?', 1)
      void reply.header('Location', `https://${request.headers.host ?? ''}${path}`)
      return send(reply, request, answer)
    },
  )
  app.get<DeviceRoute>(
    `${ROOT}/operations/:operationId`,
    { config, schema: { tags, summary: 'Read the status of a registration' } },
    async (request, reply) =>
      send(reply, request, await devices.poll(registrantOf(request), request.params.operationId)),
  )
  app.post<DeviceRoute>(
    ROOT,
    { config, schema: { tags, summary: 'Read the state of the last registration of a device' } },
    (request, reply) => reply.type(JSON_TYPE).send(devices.lookup(registrantOf(request), textOf(request))),
  )
  for (const [url, method] of [
    [`${ROOT}/register`, ['GET', 'POST', 'DELETE', 'PATCH']],
    [`${ROOT}/operations/:operationId`, ['PUT', 'POST', 'DELETE', 'PATCH']],
    [ROOT, ['GET', 'PUT', 'DELETE', 'PATCH']],
  ] as const)
    app.route({ url, method: [...method], config, schema: { hide: true }, handler: noSuchMethod })
}

function registrantOf(request: FastifyRequest<DeviceRoute>): Registrant {
  const { scope, registrationId } = request.params
  return {
    idScope: scope,
    registrationId,
    credentials: credentialsOf(request),
    transport: 'https',
    linkId: undefined,
    apiVersion: apiVersionOf(request) ?? '',
  }
}

function textOf({ body }: FastifyRequest): string {
  return Buffer.isBuffer(body) ? body.toString() : ''
}

function send(reply: FastifyReply, request: FastifyRequest, answer: RegistrationAnswer): FastifyReply {
  const { status, retryAfter, body, instead } = answer
  if (instead !== undefined) {
    reply.hijack()
    if (instead === 'close') request.raw.socket.destroy()
    return reply
  }
  if (retryAfter !== undefined) void reply.header('Retry-After', String(retryAfter))
  return reply
    .code(status)
    .type(JSON_TYPE)
    .serializer((text: string) => text)
    .send(typeof body === 'string' ? body : JSON.stringify(body))
}
