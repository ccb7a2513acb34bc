/** Enrollments, registrations and certificates of the provisioning service, and the hubs that are linked to it. */

import type { JsonObject } from '../../base/json.ts'
import type { Enrollments } from '../../provisioning/contract/enrollments.ts'
import type { HubElsewhere } from '../../provisioning/contract/linked-hub.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { containsText, PAGE, pageOf, type PageQuery } from '../paging.ts'

interface Entry {
  Params: { readonly id: string }
  Body: JsonObject
}

const TEXT = { type: 'string' } as const
const tags = ['provisioning']

export const provisioningRoutes: ControlRoutes = (app, { provisioning }) => {
  if (provisioning === undefined) return
  const { individual, groups, registrations, certificates } = provisioning
  type Collection = readonly [root: string, what: string, enrollments: Enrollments]
  const collections: readonly Collection[] = [
    ['/enrollments', 'individual enrollment', individual],
    ['/enrollment-groups', 'enrollment group', groups],
  ]
  const list = (root: string, summary: string, all: () => readonly JsonObject[]): void => {
    app.get<{ Querystring: PageQuery }>(
      root,
      { schema: { tags, summary, querystring: objectOf(PAGE) } },
      ({ query }, reply) =>
        pageOf(
          all().filter((row) => containsText(idOf(row), query.contains)),
          query,
          reply,
        ),
    )
  }
  for (const [root, what, enrollments] of collections) {
    list(root, `List every ${what}, without keys, sorted by id`, () => enrollments.list())
    app.get<Entry>(
      `${root}/:id`,
      { schema: { tags, summary: `Read an ${what} with its keys` } },
      ({ params: { id } }) => ({ ...enrollments.get(id), attestation: enrollments.attestation(id) }),
    )
    app.put<Entry>(
      `${root}/:id`,
      {
        schema: {
          tags,
          summary: `Create or replace an ${what}, as the service API has it`,
          body: { type: 'object' },
        },
      },
      ({ params: { id }, body }) => enrollments.put(id, body, enrollments.has(id) ? '*' : undefined),
    )
    app.delete<Entry>(
      `${root}/:id`,
      { schema: { tags, summary: `Delete an ${what}` } },
      ({ params: { id } }, reply) => {
        enrollments.remove(id)
        return reply.code(204).send()
      },
    )
  }
  list('/registrations', 'List the state of every registration, sorted by id', () => registrations.list())
  app.delete<Entry>(
    '/registrations/:id',
    { schema: { tags, summary: 'Delete the state of a registration; the device stays in its hub' } },
    ({ params: { id } }, reply) => {
      registrations.remove(id, undefined)
      return reply.code(204).send()
    },
  )
  app.get('/certificates', { schema: { tags, summary: 'List the certificates of authorities' } }, () =>
    certificates.list(),
  )
  app.put<{ Params: { id: string }; Body: { readonly certificate: string; readonly verified?: boolean } }>(
    '/certificates/:id',
    {
      schema: {
        tags,
        summary: 'Upload the certificate of an authority',
        body: objectOf(
          {
            certificate: { ...TEXT, description: 'PEM, base64 of PEM, or base64 of DER' },
            verified: { type: 'boolean', default: false, description: 'no proof of possession is needed' },
          },
          ['certificate'],
        ),
      },
    },
    ({ params: { id }, body: { certificate, verified } }) => certificates.upload(id, certificate, verified),
  )
  app.post<Entry>(
    '/certificates/:id/verification-code',
    { schema: { tags, summary: 'Get the common name of the certificate that proves possession of the key' } },
    ({ params: { id } }) => ({ verificationCode: certificates.verificationCode(id) }),
  )
  app.post<{ Params: { id: string }; Body: { readonly certificate: string } }>(
    '/certificates/:id/verify',
    {
      schema: {
        tags,
        summary: 'Verify an authority by a certificate that its key has signed for the code',
        body: objectOf({ certificate: TEXT }, ['certificate']),
      },
    },
    ({ params: { id }, body: { certificate } }) => certificates.verify(id, certificate),
  )
  app.delete<Entry>(
    '/certificates/:id',
    { schema: { tags, summary: 'Delete the certificate of an authority' } },
    ({ params: { id } }, reply) => {
      certificates.remove(id)
      return reply.code(204).send()
    },
  )
  app.get(
    '/linked-hubs',
    { schema: { tags, summary: 'List the hubs to which devices can be assigned' } },
    () => provisioning.linkedHubs.map(({ hostName, allocationWeight }) => ({ hostName, allocationWeight })),
  )
  app.post<{ Body: HubElsewhere }>(
    '/linked-hubs',
    {
      schema: {
        tags,
        summary: 'Link a hub elsewhere by its connection string; reset forgets it',
        body: objectOf(
          {
            connectionString: { ...TEXT, description: 'of a policy that may write its registry' },
            allocationWeight: { type: 'integer', minimum: 1, maximum: 1_000, default: 1 },
            ca: { ...TEXT, description: 'further roots for its certificate, in PEM' },
          },
          ['connectionString'],
        ),
      },
    },
    ({ body }, reply) => {
      provisioning.linkElsewhere(body)
      return reply.code(204).send()
    },
  )
  app.delete<Entry>(
    '/linked-hubs/:id',
    { schema: { tags, summary: 'Unlink a hub; reset links it again' } },
    ({ params: { id } }) => ({ unlinked: provisioning.unlink(id) }),
  )
}

function idOf({ registrationId, enrollmentGroupId }: JsonObject): string {
  const id = registrationId ?? enrollmentGroupId
  return typeof id === 'string' ? id : ''
}
