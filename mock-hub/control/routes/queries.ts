/** Queries in the language of the service, without its credentials. */

import { objectOf, type ControlRoutes } from '../context.ts'

interface QueryBody {
  readonly query: string
  readonly limit?: number
  readonly continuation?: string
}

export const queryRoutes: ControlRoutes = (app, { services }) => {
  app.post<{ Body: QueryBody }>(
    '/query',
    {
      schema: {
        tags: ['identities'],
        summary:
          'Run a query over devices, devices.modules or devices.jobs; `continuation` leads to the next page',
        body: {
          ...objectOf(
            {
              query: { type: 'string' },
              limit: { type: 'integer', minimum: 1, maximum: 100, default: 100 },
              continuation: { type: 'string', description: 'from the page before' },
            },
            ['query'],
          ),
          examples: [{ query: "SELECT * FROM devices WHERE tags.floor = '2'" }],
        },
      },
    },
    ({ body: { query, limit, continuation } }) => {
      const page = services.queries.run(query, { maxItems: limit, continuation })
      return { rows: page.rows, continuation: page.continuation ?? null }
    },
  )
}
