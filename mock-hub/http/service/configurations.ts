/** `/configurations`: automatic device configurations and edge deployments (docs/contract/configurations.md). */

import type { FastifyRequest } from 'fastify'
import { checkTwinArrays } from '../../core/contract/api-versions.ts'
import type { ConfigurationContent } from '../../core/contract/services/configurations.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { apiVersionOf } from '../common/api-version.ts'
import type { HubRoutes } from '../common/route-context.ts'
import { CONFIGURATION, CONTENT, specOf, TEXT, TEXTS, type ConfigurationBody } from './configuration-body.ts'

const read = { access: { service: ['RegistryRead'] }, throttle: 'configuration' } as const
const write = { access: { service: ['RegistryWrite'] }, throttle: 'configuration' } as const
const tags = ['configurations']

export const configurationRoutes: HubRoutes = (app, { services: { configurations } }, done) => {
  app.get<{ Querystring: { top?: string } }>(
    '/configurations',
    { config: read, schema: { tags, summary: 'List configurations' } },
    ({ query: { top } }) => {
      checkTop(top)
      return configurations.list()
    },
  )
  app.get<{ Params: { id: string } }>(
    '/configurations/:id',
    { config: read, schema: { tags, summary: 'Read a configuration' } },
    (request, reply) => {
      const document = configurations.get(request.params.id)
      return reply.header('etag', `"${document.etag}"`).send(document)
    },
  )
  app.put<{ Params: { id: string }; Body: ConfigurationBody; Headers: { 'if-match'?: string } }>(
    '/configurations/:id',
    { config: write, schema: { tags, summary: 'Create or change a configuration', body: CONFIGURATION } },
    (request, reply) => {
      const { id } = request.params
      const { id: named } = request.body
      if (named != null && named !== id)
        throw new HubError({
          kind: 'ArgumentInvalid',
          message: 'Expected id to be the same as in the path.',
          rule: 'WIRE-CFG-01',
          expected: `id ${quoted(id)}, as in the path`,
          received: quoted(named),
        })
      checkArrays(request, request.body.content)
      const document = configurations.put(id, specOf(request.body), request.headers['if-match'])
      return reply.header('etag', `"${document.etag}"`).send(document)
    },
  )
  app.delete<{ Params: { id: string }; Headers: { 'if-match'?: string } }>(
    '/configurations/:id',
    { config: write, schema: { tags, summary: 'Delete a configuration' } },
    (request, reply) => {
      configurations.remove(request.params.id, request.headers['if-match'])
      return reply.code(204).send()
    },
  )
  app.post<{
    Body: { targetCondition?: string | null; customMetricQueries?: Record<string, string> | null }
  }>(
    '/configurations/testQueries',
    {
      config: read,
      schema: {
        tags,
        summary: 'Check a target condition and metric queries',
        body: { type: 'object', properties: { targetCondition: TEXT, customMetricQueries: TEXTS } },
      },
    },
    ({ body }) => configurations.test(body.targetCondition ?? undefined, body.customMetricQueries ?? {}),
  )
  app.post<{ Params: { deviceId: string }; Body: ConfigurationContent }>(
    '/devices/:deviceId/applyConfigurationContent',
    {
      config: write,
      schema: {
        tags,
        summary: 'Apply configuration content to one device',
        body: { ...CONTENT, type: 'object' },
      },
    },
    (request, reply) => {
      checkArrays(request, request.body)
      configurations.applyContent(request.params.deviceId, request.body)
      return reply.code(204).send()
    },
  )
  done()
}

/** Content becomes desired properties. @throws HubError ArgumentInvalid (WIRE-TWIN-42). */
function checkArrays(request: FastifyRequest, content: ConfigurationContent | null | undefined): void {
  const { deviceContent, moduleContent, modulesContent } = content ?? {}
  checkTwinArrays(apiVersionOf(request), deviceContent, moduleContent, modulesContent)
}

/** All are listed, whatever the number. @throws HubError ArgumentInvalid. */
function checkTop(given: string | undefined): void {
  if (given === undefined || /^0*[1-9]\d*$/.test(given)) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-CFG-01',
    expected: 'top to be a whole number from 1 on',
    received: quoted(given),
  })
}
