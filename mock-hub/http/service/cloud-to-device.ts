/** Cloud-to-device messages from the service side: send, purge, and the two queues that back ends read with locks. */

import type { ServiceQueue } from '../../core/contract/c2d.ts'
import { unquoted } from '../device/devicebound.ts'
import { headerPairs, messageFrom } from '../device/message-headers.ts'
import { type HubRoutes } from '../common/route-context.ts'
import { IDENTITY_PATHS, identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

const access = { service: ['ServiceConnect'] } as const

export const cloudToDeviceRoutes: HubRoutes = (app, { hub }, done) => {
  for (const path of IDENTITY_PATHS) {
    // SDKs send over AMQP, IoT Explorer by this route (docs/contract/cloud-to-device.md#c2d-send-amqp).
    app.post<{ Params: IdentityParams }>(
      `${path}/messages/devicebound`,
      {
        config: { access, throttle: 'c2dSend', body: 'raw' },
        schema: { tags: ['cloud-to-device'], summary: 'Send a message to a device' },
      },
      (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        hub.c2d.send(identityOf(request.params), messageFrom(headerPairs(request.raw.rawHeaders), body))
        return reply.code(204).send()
      },
    )
    app.delete<{ Params: IdentityParams }>(
      `${path}/commands`,
      {
        config: { access, throttle: 'none' },
        schema: { tags: ['cloud-to-device'], summary: 'Purge the queue of a device' },
      },
      (request) => {
        const identity = identityOf(request.params)
        hub.registry.get(identity)
        return {
          deviceId: identity.deviceId,
          moduleId: identity.moduleId ?? null,
          totalMessagesPurged: hub.c2d.purge(identity),
        }
      },
    )
  }
  done()
}

interface LockRoute {
  Params: { lockToken: string }
  Querystring: { reject?: string }
}

/** Feedback batches and file notifications, which back ends read and settle as devices do with their messages. */
export const serviceboundRoutes: HubRoutes = (app, { hub }, done) => {
  const queues: readonly [string, ServiceQueue<unknown>, string][] = [
    ['feedback', hub.feedback, 'application/vnd.microsoft.iothub.feedback.json'],
    ['filenotifications', hub.fileNotifications, 'application/json'],
  ]
  for (const [name, queue, type] of queues) {
    const path = `/messages/servicebound/${name}`
    const tags = ['cloud-to-device']
    app.get(
      path,
      {
        config: { access, throttle: 'none' },
        schema: { tags, summary: `Lock and read the next of ${name}` },
      },
      (_request, reply) => {
        const next = queue.receive()
        if (next === undefined) return reply.code(204).send()
        return reply
          .header('etag', `"${next.lockToken}"`)
          .type(`${type}; charset=utf-8`)
          .send(JSON.stringify(next.item))
      },
    )
    app.delete<LockRoute>(
      `${path}/:lockToken`,
      {
        config: { access, throttle: 'none' },
        schema: { tags, summary: `Complete (or ?reject) one of ${name}` },
      },
      (request, reply) => {
        const outcome = request.query.reject === undefined ? 'complete' : 'reject'
        queue.settle(unquoted(request.params.lockToken), outcome)
        return reply.code(204).send()
      },
    )
    app.post<LockRoute>(
      `${path}/:lockToken/abandon`,
      {
        config: { access, throttle: 'none' },
        schema: { tags, summary: `Return one of ${name} to the queue` },
      },
      (request, reply) => {
        queue.settle(unquoted(request.params.lockToken), 'abandon')
        return reply.code(204).send()
      },
    )
  }
  done()
}
