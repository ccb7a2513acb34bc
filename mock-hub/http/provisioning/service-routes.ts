/** Enrollments and registrations for back ends (DPS-ENR-01 to DPS-ENR-15, DPS-STATE-01 to DPS-STATE-03). */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Json } from '../../base/json.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { Enrollments, Page } from '../../provisioning/contract/enrollments.ts'
import type { ProvisioningRight } from '../../provisioning/contract/policies.ts'
import { pageRequest, type PageHeaders } from '../service/query.ts'
import { JSON_TYPE, noSuchMethod, OF_PROVISIONING, type ProvisioningRoutes } from './answers.ts'

interface EntryRoute {
  Params: { readonly id: string }
  Body: Json | undefined
  Headers: PageHeaders & { 'if-match'?: string }
}

const tags = ['provisioning']
const config = OF_PROVISIONING

export const serviceRoutes: ProvisioningRoutes = (app, provisioning) => {
  const allow = (request: FastifyRequest, right: ProvisioningRight): void => {
    provisioning.authorize(request.headers.authorization, right)
  }
  // Paths are matched without regard to case: the Node client writes /enrollmentgroups as well.
  const collections: readonly (readonly [root: string, what: string, enrollments: Enrollments])[] = [
    ['/enrollments', 'individual enrollment', provisioning.individual],
    ['/enrollmentGroups', 'enrollment group', provisioning.groups],
  ]
  for (const [root, what, enrollments] of collections) {
    const schema = (summary: string): { tags: string[]; summary: string } => ({ tags, summary })
    app.get<EntryRoute>(`${root}/:id`, { config, schema: schema(`Read an ${what}`) }, (request, reply) => {
      allow(request, 'EnrollmentRead')
      return answer(reply, enrollments.get(request.params.id))
    })
    app.put<EntryRoute>(
      `${root}/:id`,
      { config, schema: schema(`Create an ${what}, or update it with If-Match`) },
      (request, reply) => {
        allow(request, 'EnrollmentWrite')
        const { params, headers } = request
        return answer(reply, enrollments.put(params.id, bodyOf(request), headers['if-match']))
      },
    )
    app.delete<EntryRoute>(
      `${root}/:id`,
      { config, schema: schema(`Delete an ${what}`) },
      (request, reply) => {
        allow(request, 'EnrollmentWrite')
        enrollments.remove(request.params.id, request.headers['if-match'])
        return reply.code(204).send()
      },
    )
    app.post<EntryRoute>(
      root,
      { config, schema: schema(`Create, update or delete up to ten ${what}s`) },
      (request, reply) => {
        allow(request, 'EnrollmentWrite')
        return answer(reply, enrollments.bulk(bodyOf(request)))
      },
    )
    app.post<EntryRoute>(
      `${root}/query`,
      { config, schema: schema(`List ${what}s page by page`) },
      (request, reply) => {
        allow(request, 'EnrollmentRead')
        return sendPage(request, reply, enrollments.query(bodyOf(request), pageRequest(request.headers)))
      },
    )
    app.post<EntryRoute>(
      `${root}/:id/attestationmechanism`,
      { config, schema: schema(`Read the attestation of an ${what} with its keys`) },
      (request, reply) => {
        allow(request, 'EnrollmentRead')
        return answer(reply, enrollments.attestation(request.params.id))
      },
    )
    for (const [url, method] of [
      [root, ['GET', 'PUT', 'DELETE', 'PATCH']],
      [`${root}/:id`, ['POST', 'PATCH']],
      [`${root}/:id/attestationmechanism`, ['GET', 'PUT', 'DELETE', 'PATCH']],
    ] as const)
      app.route({ url, method: [...method], config, schema: { hide: true }, handler: noSuchMethod })
  }
  const { registrations } = provisioning
  app.get<EntryRoute>(
    '/registrations/:id',
    { config, schema: { tags, summary: 'Read the state of a registration' } },
    (request, reply) => {
      allow(request, 'RegistrationStatusRead')
      return answer(reply, registrations.get(request.params.id))
    },
  )
  app.delete<EntryRoute>(
    '/registrations/:id',
    { config, schema: { tags, summary: 'Delete the state of a registration; the device stays in its hub' } },
    (request, reply) => {
      allow(request, 'RegistrationStatusWrite')
      registrations.remove(request.params.id, request.headers['if-match'])
      return reply.code(204).send()
    },
  )
  app.post<EntryRoute>(
    '/registrations/:id/query',
    { config, schema: { tags, summary: 'List the registrations of an enrollment group page by page' } },
    (request, reply) => {
      allow(request, 'RegistrationStatusRead')
      return sendPage(request, reply, registrations.ofGroup(request.params.id, pageRequest(request.headers)))
    },
  )
  app.route({
    url: '/registrations/:id',
    method: ['PUT', 'POST', 'PATCH'],
    config,
    schema: { hide: true },
    handler: noSuchMethod,
  })
}

function answer(reply: FastifyReply, document: object): FastifyReply {
  return reply.type(JSON_TYPE).send(document)
}

/** @throws HubError GenericBadRequest. */
function bodyOf({ body }: { readonly body: Json | undefined }): Json {
  if (body !== undefined) return body
  throw new HubError({
    kind: 'GenericBadRequest',
    rule: 'DPS-ENR-10',
    expected: 'a JSON object as the body',
    received: 'nothing',
  })
}

/** The names of the headers are in lower case: the C# client compares them exactly (DPS-ENR-14). */
function sendPage(
  { headers }: { readonly headers: PageHeaders },
  reply: FastifyReply,
  { itemType, rows, continuation }: Page,
): FastifyReply {
  void reply.header('x-ms-item-type', itemType)
  const asked = headers['x-ms-max-item-count']
  if (asked !== undefined) void reply.header('x-ms-max-item-count', asked)
  if (continuation !== undefined) void reply.header('x-ms-continuation', continuation)
  return answer(reply, rows)
}
