/** A device polls for cloud-to-device messages and settles them by lock token (docs/contract/https.md). */

import { deliveryHeaders } from './message-headers.ts'
import { callerOf, type HubRoutes } from '../common/route-context.ts'
import { IDENTITY_PATHS } from '../../http-common/identity-paths.ts'

interface LockRoute {
  Params: { lockToken: string }
  Querystring: { reject?: string }
}

export const deviceboundRoutes: HubRoutes = (app, { hub }, done) => {
  for (const path of IDENTITY_PATHS) {
    app.get(
      `${path}/messages/devicebound`,
      {
        config: { access: 'identity', throttle: 'none' },
        schema: { tags: ['device'], summary: 'Lock and read the next cloud-to-device message' },
      },
      async (request, reply) => {
        const delivery = await hub.perform(callerOf(request), 'c2dReceive', undefined)
        if (delivery === undefined) return reply.code(204).send()
        // Names of properties keep their case, which fastify would not keep.
        for (const [name, value] of Object.entries(deliveryHeaders(delivery)))
          reply.raw.setHeader(name, value)
        return reply.type('application/octet-stream').send(delivery.message.body)
      },
    )
    app.delete<LockRoute>(
      `${path}/messages/devicebound/:lockToken`,
      {
        config: { access: 'identity', throttle: 'none' },
        schema: { tags: ['device'], summary: 'Complete a message, or reject it with ?reject' },
      },
      async (request, reply) => {
        const outcome = request.query.reject === undefined ? 'complete' : 'reject'
        const lockToken = unquoted(request.params.lockToken)
        await hub.perform(callerOf(request), 'c2dSettle', { lockToken, outcome })
        return reply.code(204).send()
      },
    )
    app.post<LockRoute>(
      `${path}/messages/devicebound/:lockToken/abandon`,
      {
        config: { access: 'identity', throttle: 'none' },
        schema: { tags: ['device'], summary: 'Return a message to the queue' },
      },
      async (request, reply) => {
        const lockToken = unquoted(request.params.lockToken)
        await hub.perform(callerOf(request), 'c2dSettle', { lockToken, outcome: 'abandon' })
        return reply.code(204).send()
      },
    )
  }
  done()
}

/** Clients copy the token from the ETag into the path, with its quotes. */
export function unquoted(lockToken: string): string {
  return lockToken.replace(/^"(.*)"$/, '$1')
}
