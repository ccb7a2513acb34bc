/** Device and module twins from the service side (docs/contract/twins.md). */

import type { FastifyReply } from 'fastify'
import type { Identity } from '../../core/contract/identity.ts'
import { twinDocument } from './documents.ts'
import { checkWritable, updateOf, type TwinBody } from './twin-update.ts'
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

export const twinRoutes: HubRoutes = (app, { hub }, done) => {
  const access = { service: ['ServiceConnect'] } as const
  const sendTwin = (reply: FastifyReply, identity: Identity): FastifyReply => {
    const record = hub.registry.get(identity)
    const twin = hub.twins.get(identity)
    return reply.header('etag', `"${twin.etag}"`).send(twinDocument(hub, record, twin))
  }
  for (const path of TWIN_PATHS) {
    app.get<TwinRoute>(
      path,
      { config: { access, throttle: 'twinRead' }, schema: { tags: ['twins'], summary: 'Read a twin' } },
      (request, reply) => sendTwin(reply, identityOf(request.params)),
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
        handler(request, reply) {
          const identity = identityOf(request.params)
          checkWritable(identity)
          hub.twins[write](identity, updateOf(request.body), request.headers['if-match'])
          return sendTwin(reply, identity)
        },
      })
  }
  done()
}
