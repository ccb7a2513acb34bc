/** Device and module twins from the service side (docs/contract/twins.md). */

import type { FastifyRequest } from 'fastify'
import type { JsonObject } from '../../base/json.ts'
import { checkTwinArrays } from '../../core/contract/api-versions.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { Identity } from '../../core/contract/identity.ts'
import { checkWritable } from '../../core/contract/system-modules.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { apiVersionOf } from '../common/api-version.ts'
import { twinDocument } from './documents.ts'
import { updateOf, type TwinBody } from './twin-update.ts'
import { TWIN_PATHS, type HubRoutes } from '../common/route-context.ts'
import { identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

interface TwinRoute {
  Params: IdentityParams
  Body: TwinBody
  Headers: { 'if-match'?: string }
}

const OBJECT = { type: ['object', 'null'] } as const
const TWIN = {
  type: 'object',
  properties: {
    tags: OBJECT,
    properties: { type: ['object', 'null'], properties: { desired: OBJECT, reported: OBJECT } },
  },
} as const

/** The twin of a module that is not there is that of a device that is not there (WIRE-TWIN-44). @throws HubError DeviceNotFound. */
function checkThere({ registry }: Pick<Hub, 'registry'>, { deviceId, moduleId }: Identity): void {
  if (moduleId === undefined || registry.find({ deviceId, moduleId }) !== undefined) return
  throw new HubError({
    kind: 'DeviceNotFound',
    message: deviceId,
    rule: 'WIRE-TWIN-44',
    expected: 'a module that is registered',
    received: quoted(`${deviceId}/${moduleId}`),
  })
}

export const twinRoutes: HubRoutes = (app, { hub }, done) => {
  const access = { service: ['ServiceConnect'] } as const
  // Recorded: an answer with a twin has no ETag header.
  const answer = (request: FastifyRequest, identity: Identity): JsonObject => {
    const shape = { apiVersion: apiVersionOf(request) ?? '' }
    return twinDocument(hub, hub.registry.get(identity), hub.twins.get(identity), shape)
  }
  for (const path of TWIN_PATHS) {
    app.get<TwinRoute>(
      path,
      { config: { access, throttle: 'twinRead' }, schema: { tags: ['twins'], summary: 'Read a twin' } },
      (request) => {
        const identity = identityOf(request.params)
        checkThere(hub, identity)
        return answer(request, identity)
      },
    )
    for (const [method, write, summary] of [
      ['PATCH', 'patch', 'Merge tags and desired properties'],
      ['PUT', 'replace', 'Replace tags and desired properties'],
    ] as const)
      app.route<TwinRoute>({
        method,
        url: path,
        config: { access, throttle: 'twinUpdate' },
        schema: { tags: ['twins'], summary, body: TWIN },
        handler(request) {
          const identity = identityOf(request.params)
          checkThere(hub, identity)
          checkWritable(identity)
          const update = updateOf(request.body, 'GenericBadRequest')
          checkTwinArrays(apiVersionOf(request), update.tags, update.desired)
          hub.twins[write](identity, update, request.headers['if-match'])
          return answer(request, identity)
        },
      })
  }
  done()
}
