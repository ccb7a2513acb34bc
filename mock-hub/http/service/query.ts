/** `POST /devices/query`: the query language, page by page (docs/contract/queries.md). */

import type { FastifyReply } from 'fastify'
import type { Page } from '../../core/contract/services/queries.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { HubRoutes } from '../common/route-context.ts'

/** Headers of a request for a page. */
export interface PageHeaders {
  'x-ms-max-item-count'?: string
  'x-ms-continuation'?: string
}

export const queryRoutes: HubRoutes = (app, { services }, done) => {
  app.post<{ Body: { query?: string; Query?: string }; Headers: PageHeaders }>(
    '/devices/query',
    {
      config: { access: { service: ['ServiceConnect', 'RegistryRead'] }, throttle: 'query' },
      schema: {
        tags: ['query'],
        summary: 'Run a query over devices, devices.modules or devices.jobs',
        body: {
          type: 'object',
          // The Go SDK writes it with a capital letter (WIRE-QRY-07).
          anyOf: [{ required: ['query'] }, { required: ['Query'] }],
          properties: { query: { type: 'string' }, Query: { type: 'string' } },
        },
      },
    },
    (request, reply) => {
      const { query, Query } = request.body
      const page = services.queries.run(query ?? Query ?? '', pageRequest(request.headers))
      return sendPage(reply, page)
    },
  )
  done()
}

/** @throws HubError DeviceInvalidResultCount. */
export function pageRequest(headers: PageHeaders): { maxItems?: number; continuation?: string } {
  const count = headers['x-ms-max-item-count']
  const continuation = headers['x-ms-continuation']
  if (count !== undefined && count !== '' && !/^\d{1,9}$/.test(count))
    throw new HubError({
      kind: 'DeviceInvalidResultCount',
      message: 'Expected x-ms-max-item-count to be a whole number from 1 to 1000.',
      rule: 'WIRE-QRY-03',
      expected: 'x-ms-max-item-count to be a whole number from 1 to 1000',
      received: count.slice(0, 40),
    })
  return {
    ...(count === undefined || count === '' ? {} : { maxItems: Number(count) }),
    ...(continuation === undefined ? {} : { continuation }),
  }
}

/** The last page has no continuation header: the Node SDK takes an empty one for "more" (WIRE-QRY-03). */
export function sendPage(reply: FastifyReply, { itemType, rows, continuation }: Page): FastifyReply {
  void reply.header('x-ms-item-type', itemType)
  if (continuation !== undefined) void reply.header('x-ms-continuation', continuation)
  return reply.send(rows)
}
