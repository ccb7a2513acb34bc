/** `POST /devices/query`: the query language, page by page (docs/contract/queries.md). */

import type { FastifyReply } from 'fastify'
import type { Page, PageRequest } from '../../core/contract/services/queries.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { apiVersionOf } from '../common/api-version.ts'
import type { HubRoutes } from '../common/route-context.ts'
import { rowOf } from './documents.ts'

/** Headers of a request for a page. */
export interface PageHeaders {
  'x-ms-max-item-count'?: string
  'x-ms-continuation'?: string
}

interface QueryBody {
  readonly query?: string | null
  /** Go's client writes it with a capital (WIRE-QRY-07). */
  readonly Query?: string | null
}

const TEXT_OR_NULL = { type: ['string', 'null'] }

export const queryRoutes: HubRoutes = (app, { services }, done) => {
  app.post<{ Body: QueryBody; Headers: PageHeaders }>(
    '/devices/query',
    {
      config: { access: { service: ['ServiceConnect', 'RegistryRead'] }, throttle: 'query' },
      schema: {
        tags: ['query'],
        summary: 'Run a query over devices, devices.modules or devices.jobs',
        body: {
          type: 'object',
          properties: { query: TEXT_OR_NULL, Query: TEXT_OR_NULL },
        },
      },
    },
    (request, reply) => {
      const page = inFewWords(() => services.queries.run(queryOf(request.body), pageRequest(request.headers)))
      return sendPage(reply, page.itemType === 'Twin' ? twinsOf(page, apiVersionOf(request)) : page)
    },
  )
  done()
}

/** The answer does not say what is wrong with a query; the journal of this hub does (WIRE-QRY-23). @throws HubError as `act`. */
function inFewWords<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof HubError) || error.explanation.rule !== 'WIRE-QRY-08') throw error
    throw new HubError({ kind: error.kind, ...error.explanation, message: 'BadRequest' })
  }
}

/** Rows of twins in the shape of the caller's api-version (docs/contract/registry.md#registry-twin-shapes). */
function twinsOf(page: Page, apiVersion = ''): Page {
  return { ...page, rows: page.rows.map((row) => rowOf(row, apiVersion)) }
}

/** @throws HubError ArgumentNull. */
function queryOf({ query, Query }: QueryBody): string {
  const text = query ?? Query
  if (text != null) return text
  throw new HubError({
    kind: 'ArgumentNull',
    message: 'The request has no query.',
    rule: 'WIRE-QRY-18',
    expected: 'a body {"query": "SELECT …"}',
    received: query === null || Query === null ? 'null' : 'a body without query',
  })
}

export function pageRequest(headers: PageHeaders): PageRequest {
  const count = headers['x-ms-max-item-count']
  return {
    maxItems: count === undefined || count === '' ? undefined : Number(count),
    continuation: headers['x-ms-continuation'],
  }
}

/** The last page has no continuation header: the Node SDK takes an empty one for "more" (WIRE-QRY-03). */
export function sendPage(reply: FastifyReply, { itemType, rows, continuation }: Page): FastifyReply {
  void reply.header('x-ms-item-type', itemType)
  if (continuation !== undefined) void reply.header('x-ms-continuation', continuation)
  return reply.send(rows)
}
