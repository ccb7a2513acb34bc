/** Readiness, what the hub is, the list of routes, and the dashboard. */

import { isTrusted } from '../access.ts'
import { ControlError } from '../errors.ts'
import { objectOf, type ControlContext, type ControlRoutes } from '../context.ts'
import { createPage, NOT_BUILT, sendFile, wantsPage } from '../page.ts'

const tags = ['about']
const WHAT = objectOf({
  secrets: {
    enum: ['false'],
    description: 'false: without connection strings, keys and devices',
  },
})

export const aboutRoutes: ControlRoutes = (app, context) => {
  const { about, token } = context
  const page = createPage()
  app.get(
    '/health',
    {
      schema: {
        tags,
        summary: 'Readiness and a description of the hub; a caller without the token sees readiness only',
        security: [],
      },
    },
    async (request) => ({ ready: true, ...(isTrusted(request, token) ? await about() : {}) }),
  )
  app.get(
    '/',
    {
      schema: { tags, summary: 'A browser gets the dashboard; a program gets what GET /about has' },
    },
    async ({ headers: { accept } }, reply) => {
      void reply.header('vary', 'accept')
      if (!wantsPage(accept)) return description(context)
      return sendFile(reply, page.index() ?? NOT_BUILT, false)
    },
  )
  app.get<{ Querystring: { readonly secrets?: 'false' } }>(
    '/about',
    { schema: { tags, summary: 'A description of the hub and the list of routes', querystring: WHAT } },
    ({ query }) => description(context, query.secrets !== 'false'),
  )
  app.get<{ Params: { readonly name: string } }>(
    '/assets/:name',
    { schema: { tags, summary: 'A file of the dashboard', security: [] } },
    ({ params: { name } }, reply) => {
      const file = page.asset(name)
      if (file === undefined)
        throw new ControlError(404, 'NotFound', `the dashboard has no file ${name.slice(0, 80)}`)
      return sendFile(reply, file, true)
    },
  )
}

async function description({ about, routeList }: ControlContext, secrets = true): Promise<object> {
  return { ...(await about({ secrets })), control: routeList }
}
