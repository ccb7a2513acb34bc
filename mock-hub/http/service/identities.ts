/** Devices and modules of the registry: create, read, update, delete, list (docs/contract/registry.md). */

import type { JsonObject } from '../../base/json.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { identityDocument } from './documents.ts'
import { checkNames, IDENTITY_BODY, specOf, type IdentityBody } from './identity-body.ts'
import { type Access, type HubRoutes } from '../common/route-context.ts'
import { IDENTITY_PATHS, identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

interface IdentityRoute {
  Params: IdentityParams
  Body: IdentityBody
  Headers: { 'if-match'?: string }
}

const throttle = 'registry'
const MAX_LISTED = 1000

export const registryRoutes: HubRoutes = (app, { hub }, done) => {
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
        if (listed.push(identityDocument(hub, record)) === top) break
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
      hub.registry.get({ deviceId })
      return hub.registry.modulesOf(deviceId).map((record) => identityDocument(hub, record))
    },
  )
  for (const path of IDENTITY_PATHS) {
    // A device manages its own modules, as the security daemon of IoT Edge does.
    const orDevice = path.endsWith(':moduleId')
    const read: Access = { service: ['RegistryRead'], orDevice }
    const write: Access = { service: ['RegistryWrite'], orDevice }
    const tags = ['registry']
    app.get<IdentityRoute>(
      path,
      { config: { access: read, throttle }, schema: { tags, summary: 'Read an identity' } },
      (request, reply) => {
        const record = hub.registry.get(identityOf(request.params))
        return reply.header('etag', `"${record.etag}"`).send(identityDocument(hub, record))
      },
    )
    app.put<IdentityRoute>(
      path,
      {
        config: { access: write, throttle },
        schema: { tags, summary: 'Create an identity, or update it with If-Match', body: IDENTITY_BODY },
      },
      (request, reply) => {
        const identity = identityOf(request.params)
        const ifMatch = request.headers['if-match']
        checkNames(identity, request.body)
        const spec = specOf(request.body)
        const record =
          ifMatch === undefined
            ? hub.registry.create(identity, spec)
            : hub.registry.update(identity, spec, ifMatch)
        return reply.header('etag', `"${record.etag}"`).send(identityDocument(hub, record))
      },
    )
    app.delete<IdentityRoute>(
      path,
      { config: { access: write, throttle }, schema: { tags, summary: 'Delete an identity' } },
      (request, reply) => {
        hub.registry.remove(identityOf(request.params), request.headers['if-match'])
        return reply.code(204).send()
      },
    )
  }
  done()
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
