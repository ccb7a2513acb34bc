/** The service's view of device and module twins (wire contract 3.3). */

import type { FastifyReply } from 'fastify'
import type { Json, JsonObject } from '../../base/json.ts'
import type { TwinUpdate } from '../../core/contract/twins.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { Identity } from '../../core/contract/identity.ts'
import { twinDocument } from './documents.ts'
import { TWIN_PATHS, type HubRoutes } from '../common/route-context.ts'
import { identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

interface TwinBody {
  tags?: JsonObject | null
  properties?: { desired?: JsonObject | null; reported?: JsonObject | null } | null
}

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

export const twinRoutes: HubRoutes = (app, { hub }, done) => {
  const access = { service: ['ServiceConnect'] } as const
  const answer = (reply: FastifyReply, identity: Identity): FastifyReply => {
    const record = hub.registry.get(identity)
    const twin = hub.twins.get(identity)
    return reply.header('etag', `"${twin.etag}"`).send(twinDocument(hub, record, twin))
  }
  for (const path of TWIN_PATHS) {
    app.get<TwinRoute>(
      path,
      { config: { access }, schema: { tags: ['twins'], summary: 'Read a twin' } },
      (request, reply) => answer(reply, identityOf(request.params)),
    )
    for (const [method, write, summary] of [
      ['PATCH', 'patch', 'Merge tags and desired properties'],
      ['PUT', 'replace', 'Replace tags and desired properties'],
    ] as const)
      app.route<TwinRoute>({
        method,
        url: path,
        config: { access },
        schema: { tags: ['twins'], summary, body: TWIN },
        handler(request, reply) {
          const identity = identityOf(request.params)
          hub.twins[write](identity, updateOf(request.body), request.headers['if-match'])
          return answer(reply, identity)
        },
      })
  }
  done()
}

/**
 * What a body asks to change. SDKs send back what they have read, so the hub's own `$version` and `$metadata` are
 * passed over.
 * @throws HubError ArgumentInvalid when reported properties are written (WIRE-TWIN-37).
 */
export function updateOf({ tags, properties }: TwinBody): TwinUpdate {
  const reported = Object.keys(withoutOwn(properties?.reported) ?? {})
  if (reported.length > 0)
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'A service cannot write reported properties.',
      rule: 'WIRE-TWIN-37',
      expected: 'no properties.reported, or an empty one',
      received: `properties.reported with ${reported.slice(0, 8).join(', ')}`,
    })
  const desired = withoutOwn(properties?.desired)
  return {
    ...(tags === undefined ? {} : { tags }),
    ...(desired === undefined ? {} : { desired }),
  }
}

function withoutOwn(section: JsonObject | null | undefined): JsonObject | null | undefined {
  if (section == null) return section
  const rest: Record<string, Json> = { ...section }
  delete rest['$version']
  delete rest['$metadata']
  return rest
}
