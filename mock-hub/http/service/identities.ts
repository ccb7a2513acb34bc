/** Devices and modules of the registry: create, read, update, delete, list (docs/contract/registry.md). */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { JsonObject } from '../../base/json.ts'
import { offers } from '../../core/contract/api-versions.ts'
import { checkGiven, quotedIfMatch, wantedEtag } from '../../core/contract/etag.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { Identity } from '../../core/contract/identity.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import type { IdentityRecord, IdentitySpec } from '../../core/contract/registry.ts'
import { apiVersionOf } from '../common/api-version.ts'
import { checkContentType } from '../common/body.ts'
import { identityDocument, type IdentityShape } from './documents.ts'
import {
  checkCredentials,
  checkNames,
  IDENTITY_BODY,
  replacementOf,
  specOf,
  type IdentityBody,
} from './identity-body.ts'
import { type Access, type HubRoutes } from '../common/route-context.ts'
import { IDENTITY_PATHS, identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

interface IdentityRoute {
  Params: IdentityParams
  Body: IdentityBody
  Headers: { 'if-match'?: string }
}

const throttle = 'registry'
const MAX_LISTED = 1000

const shapeOf = (request: FastifyRequest, answer: 'read' | 'listed'): IdentityShape => ({
  answer,
  apiVersion: apiVersionOf(request) ?? '',
})

export const registryRoutes: HubRoutes = (app, { hub }, done) => {
  // Recorded: devices have an ETag header, modules do not.
  const answer = (reply: FastifyReply, record: IdentityRecord, shape: IdentityShape): FastifyReply => {
    if (record.identity.moduleId === undefined) void reply.header('etag', `"${record.etag}"`)
    return reply.send(identityDocument(hub, record, shape))
  }
  app.get<{ Querystring: { top?: string } }>(
    '/devices',
    {
      config: { access: { service: ['RegistryRead'] }, throttle },
      schema: { tags: ['registry'], summary: 'List devices, oldest first' },
    },
    (request) => {
      const top = topOf(request.query.top)
      const listed: JsonObject[] = []
      for (const record of hub.registry.devices()) {
        if (listed.push(identityDocument(hub, record, shapeOf(request, 'listed'))) === top) break
      }
      return listed
    },
  )
  app.get<IdentityRoute>(
    '/devices/:deviceId/modules',
    {
      config: { access: { service: ['RegistryRead'], orDevice: true }, throttle },
      schema: { tags: ['registry'], summary: 'List the modules of a device' },
    },
    (request) => {
      const { deviceId } = request.params
      checkOwner(hub, request, deviceId)
      hub.registry.get({ deviceId })
      return hub.registry
        .modulesOf(deviceId)
        .map((record) => identityDocument(hub, record, shapeOf(request, 'read')))
    },
  )
  for (const path of IDENTITY_PATHS) {
    // A device manages its own modules, as the security daemon of IoT Edge does.
    const orDevice = path.endsWith(':moduleId')
    const reads: Access = { service: ['RegistryRead'], orDevice }
    const writes: Access = { service: ['RegistryWrite'], orDevice }
    const tags = ['registry']
    app.get<IdentityRoute>(
      path,
      { config: { access: reads, throttle }, schema: { tags, summary: 'Read an identity' } },
      (request, reply) => {
        const identity = identityOf(request.params)
        checkOwnerOf(hub, request, identity)
        return answer(reply, hub.registry.get(identity), shapeOf(request, 'read'))
      },
    )
    app.put<IdentityRoute>(
      path,
      {
        config: { access: writes, throttle },
        schema: { tags, summary: 'Create an identity, or update it with If-Match', body: IDENTITY_BODY },
      },
      (request, reply) => {
        checkContentType(request)
        const identity = identityOf(request.params)
        checkOwnerOf(hub, request, identity)
        const { record, shape } = writeIdentity(hub, request, identity, request.body)
        return answer(reply, record, shape)
      },
    )
    app.delete<IdentityRoute>(
      path,
      { config: { access: writes, throttle }, schema: { tags, summary: 'Delete an identity' } },
      (request, reply) => {
        const identity = identityOf(request.params)
        const { 'if-match': ifMatch } = request.headers
        checkOwnerOf(hub, request, identity)
        hub.registry.get(identity)
        checkGiven(ifMatch)
        hub.registry.remove(identity, ifMatch)
        return reply.code(204).send()
      },
    )
  }
  done()
}

/**
 * Creates an identity, or updates it when the request has an etag in `If-Match`.
 * @returns the record and the shape in which to answer.
 * @throws HubError of the registry.
 */
export function writeIdentity(
  hub: Pick<Hub, 'registry'>,
  request: FastifyRequest,
  identity: Identity,
  given: IdentityBody,
): { readonly record: IdentityRecord; readonly shape: IdentityShape } {
  const ifMatch = quotedIfMatch(request.headers['if-match'])
  const body = withKeys(
    request,
    identity,
    offers('attributes', apiVersionOf(request)) ? given : { ...given, attributes: null },
  )
  checkNames(identity, body)
  checkCredentials(identity, body)
  const spec = specOf(body)
  const creates = wantedEtag(ifMatch) === undefined
  const record = creates
    ? hub.registry.create(identity, spec)
    : hub.registry.update(identity, updateOf(hub, request, identity, body), ifMatch)
  const answer = creates ? 'created' : 'updated'
  return {
    record,
    shape: { ...shapeOf(request, 'read'), answer, scopesGiven: spec.parentScopes !== undefined },
  }
}

/**
 * The update that a body asks for. Since there are parents of edge devices, an edge device is written with its own scope, and
 * loses the parents that are not given (WIRE-REG-44).
 * @throws HubError ArgumentInvalid.
 */
function updateOf(
  { registry }: Pick<Hub, 'registry'>,
  request: FastifyRequest,
  identity: Identity,
  body: IdentityBody,
): IdentitySpec {
  const spec = replacementOf(identity, body)
  const before = registry.find(identity)
  if (!offers('parentScopes', apiVersionOf(request))) return spec
  if (identity.moduleId !== undefined) return { ...spec, managedBy: spec.managedBy ?? null }
  if (before?.iotEdge === true && spec.iotEdge === true && spec.deviceScope !== before.deviceScope)
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'Device scope is immutable',
      rule: 'WIRE-REG-44',
      expected: `deviceScope ${before.deviceScope ?? ''}, which the device has`,
      received: body.deviceScope == null ? 'none' : quoted(body.deviceScope),
    })
  return { ...spec, parentScopes: spec.parentScopes ?? [] }
}

/** A module that a back end writes has keys where it says that it has none; one that its device writes may have none (WIRE-REG-46). */
function withKeys({ principal }: FastifyRequest, { moduleId }: Identity, body: IdentityBody): IdentityBody {
  const { authentication } = body
  if (moduleId === undefined || authentication?.type !== 'none' || principal?.type === 'identity') return body
  return { ...body, authentication: { ...authentication, type: 'sas' } }
}

/** As for a device in the path. */
function checkOwnerOf(
  hub: Pick<Hub, 'registry'>,
  request: FastifyRequest,
  { deviceId, moduleId }: Identity,
): void {
  if (moduleId !== undefined) checkOwner(hub, request, deviceId)
}

/**
 * A policy may read and write modules of devices that exist and are enabled (WIRE-REG-45).
 * @throws HubError IotHubUnauthorizedAccess.
 */
function checkOwner(
  { registry }: Pick<Hub, 'registry'>,
  { principal }: FastifyRequest,
  deviceId: string,
): void {
  const device = registry.find({ deviceId })
  if (principal?.type === 'identity' || device?.status === 'enabled') return
  throw new HubError({
    kind: 'IotHubUnauthorizedAccess',
    message: 'Unauthorized',
    rule: 'WIRE-REG-45',
    expected: 'a device that is registered and enabled',
    received: device === undefined ? 'no such device' : 'a disabled one',
  })
}

/** @throws HubError DeviceInvalidResultCount outside 1 to 1000 (WIRE-REG-08). */
function topOf(given: string | undefined): number {
  if (given === undefined) return MAX_LISTED
  const top = /^\d{1,4}$/.test(given) ? Number(given) : 0
  if (top >= 1 && top <= MAX_LISTED) return top
  throw new HubError({
    kind: 'DeviceInvalidResultCount',
    message: `Expected top to be a whole number from 1 to 1000; given: ${given.slice(0, 40)}.`,
    rule: 'WIRE-REG-08',
    expected: 'top to be a whole number from 1 to 1000',
    received: given.slice(0, 40),
  })
}
