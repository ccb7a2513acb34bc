/** `$edgeHub` of a gateway asks who is below it, and keeps the modules of child gateways (docs/contract/edge.md). */

import type { FastifyRequest } from 'fastify'
import type { JsonObject } from '../../base/json.ts'
import type { Identity } from '../../core/contract/identity.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import type { ScopePage } from '../../core/contract/services/edge.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { apiVersionOf } from '../common/api-version.ts'
import type { HubRoutes } from '../common/route-context.ts'
import { identityDocument } from '../service/documents.ts'
import { writeIdentity } from '../service/identities.ts'
import { IDENTITY_BODY, type IdentityBody } from '../service/identity-body.ts'

const BASE = '/devices/:deviceId/modules/:moduleId'
const MOST_DEVICES = 1_000
const config = { access: 'identity', throttle: 'registry' } as const
const tags = ['edge']

interface Actor {
  Params: { deviceId: string; moduleId: string }
}
interface Chained extends Actor {
  Body: { authChain: string }
}
type ChainedWith<Fields> = Actor & { Body: { authChain: string } & Fields }

const TEXT = { type: 'string' } as const
const chained = (properties: Readonly<Record<string, object>>, ...required: string[]) => ({
  type: 'object',
  required: ['authChain', ...required],
  properties: { authChain: { type: 'string', minLength: 1 }, ...properties },
})

export const edgeGatewayRoutes: HubRoutes = (app, { hub, services: { edge } }, done) => {
  const shown = (request: FastifyRequest, record: IdentityRecord): JsonObject =>
    identityDocument(hub, record, { answer: 'read', apiVersion: apiVersionOf(request) ?? '' })
  const answer = (
    request: FastifyRequest,
    { devices, modules }: Pick<ScopePage, 'devices' | 'modules'>,
    continuationLink: string | null = null,
  ): JsonObject => ({
    devices: devices.map((record) => shown(request, record)),
    modules: modules.map((record) => shown(request, record)),
    continuationLink,
  })
  /** The record of the gateway whose `$edgeHub` calls. */
  const gatewayOf = ({ params: { deviceId } }: FastifyRequest<Actor>): IdentityRecord =>
    hub.registry.get({ deviceId })
  const targetOf = ({ params, body }: FastifyRequest<Chained>): IdentityRecord =>
    edge.targetOf(params.deviceId, body.authChain)

  app.addHook<Actor>('preValidation', ({ params: { deviceId, moduleId } }, _reply, next) => {
    if (moduleId === '$edgeHub') next()
    else next(onlyEdgeHub({ deviceId, moduleId }))
  })

  app.get<Actor & { Querystring: { deviceCount?: string; continuationToken?: string } }>(
    `${BASE}/devicesAndModulesInDeviceScope`,
    { config, schema: { tags, summary: 'List the scope of a gateway' } },
    (request) => {
      const { deviceCount, continuationToken } = request.query
      const count = countOf(deviceCount)
      const page = edge.scopeOf(gatewayOf(request), offsetOf(continuationToken), count)
      if (page.next === undefined) return answer(request, page)
      const [path = ''] = request.url.split('?', 1)
      const query = new URLSearchParams({
        deviceCount: String(count),
        continuationToken: String(page.next),
        'api-version': apiVersionOf(request) ?? '',
      })
      return answer(request, page, `${path}?${query.toString()}`)
    },
  )
  app.get<Actor & { Querystring: { targetDeviceId?: string; targetModuleId?: string } }>(
    `${BASE}/deviceAndModuleInDeviceScope`,
    { config, schema: { tags, summary: 'Read one identity in the scope of a gateway' } },
    (request) => {
      const { targetDeviceId = '', targetModuleId } = request.query
      return answer(request, edge.find(gatewayOf(request), targetIn(targetDeviceId, targetModuleId)))
    },
  )
  app.post<ChainedWith<{ pageSize?: number; continuationLink?: string | null }>>(
    `${BASE}/devicesAndModulesInTargetDeviceScope`,
    {
      config,
      schema: {
        tags,
        summary: 'List the scope of a gateway or of one below it',
        body: chained({
          pageSize: { type: 'integer' },
          continuationLink: { type: ['string', 'null'] },
        }),
      },
    },
    (request) => {
      const { pageSize, continuationLink } = request.body
      const count = countOf(pageSize === undefined ? undefined : String(pageSize))
      const page = edge.scopeOf(targetOf(request), offsetOf(continuationLink ?? undefined), count)
      return answer(request, page, page.next === undefined ? null : String(page.next))
    },
  )
  app.post<ChainedWith<{ targetDeviceId: string; targetModuleId?: string | null }>>(
    `${BASE}/getDeviceAndModuleOnBehalfOf`,
    {
      config,
      schema: {
        tags,
        summary: 'Read one identity for a gateway or one below it',
        body: chained(
          { targetDeviceId: TEXT, targetModuleId: { type: ['string', 'null'] } },
          'targetDeviceId',
        ),
      },
    },
    (request) => {
      const { targetDeviceId, targetModuleId } = request.body
      return answer(
        request,
        edge.find(targetOf(request), targetIn(targetDeviceId, targetModuleId ?? undefined)),
      )
    },
  )

  app.put<ChainedWith<{ module: IdentityBody }>>(
    `${BASE}/putModuleOnBehalfOf`,
    {
      config,
      schema: {
        tags,
        summary: 'Create or update a module of a child',
        body: chained({ module: IDENTITY_BODY }, 'module'),
      },
    },
    (request) => {
      const { module } = request.body
      const identity = moduleOf(targetOf(request), module.moduleId ?? '')
      const { record, shape } = writeIdentity(hub, request, identity, module)
      return identityDocument(hub, record, shape)
    },
  )
  app.post<ChainedWith<{ targetModuleId: string }>>(
    `${BASE}/getModuleOnBehalfOf`,
    {
      config,
      schema: {
        tags,
        summary: 'Read a module of a child',
        body: chained({ targetModuleId: TEXT }, 'targetModuleId'),
      },
    },
    (request) => shown(request, hub.registry.get(moduleOf(targetOf(request), request.body.targetModuleId))),
  )
  app.post<Chained>(
    `${BASE}/getModulesOnTargetDevice`,
    { config, schema: { tags, summary: 'List the modules of a child', body: chained({}) } },
    (request) =>
      hub.registry.modulesOf(targetOf(request).identity.deviceId).map((record) => shown(request, record)),
  )
  app.post<ChainedWith<{ moduleId: string }>>(
    `${BASE}/deleteModuleOnBehalfOf`,
    {
      config,
      schema: { tags, summary: 'Delete a module of a child', body: chained({ moduleId: TEXT }, 'moduleId') },
    },
    (request, reply) => {
      hub.registry.remove(moduleOf(targetOf(request), request.body.moduleId), '*')
      return reply.code(204).send()
    },
  )
  done()
}

function moduleOf({ identity: { deviceId } }: IdentityRecord, moduleId: string): Identity {
  return { deviceId, moduleId }
}

function targetIn(deviceId: string, moduleId: string | undefined): Identity {
  return moduleId === undefined || moduleId === '' ? { deviceId } : { deviceId, moduleId }
}

function countOf(given: string | undefined): number {
  if (given === undefined) return MOST_DEVICES
  const count = /^\d{1,4}$/.test(given) ? Number(given) : 0
  if (count >= 1 && count <= MOST_DEVICES) return count
  throw new HubError({
    kind: 'DeviceInvalidResultCount',
    rule: 'WIRE-EDGE-08',
    expected: `1 to ${String(MOST_DEVICES)} devices on a page`,
    received: quoted(given),
  })
}

function offsetOf(given: string | undefined): number {
  if (given === undefined || given === '') return 0
  if (/^\d{1,9}$/.test(given)) return Number(given)
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-EDGE-08',
    expected: 'a continuation that this hub has given',
    received: quoted(given),
  })
}

function onlyEdgeHub({ deviceId, moduleId = '' }: Identity): HubError {
  return new HubError({
    kind: 'IotHubUnauthorizedAccess',
    message: 'Unauthorized',
    rule: 'WIRE-EDGE-09',
    expected: `$edgeHub of ${quoted(deviceId)}`,
    received: quoted(moduleId),
  })
}
