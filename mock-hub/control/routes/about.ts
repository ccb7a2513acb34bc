/** Readiness, what the hub is, and the list of routes. */

import { isTrusted } from '../access.ts'
import type { ControlRoutes } from '../context.ts'

export const aboutRoutes: ControlRoutes = (app, { about, token, routeList }) => {
  app.get(
    '/health',
    {
      schema: {
        tags: ['about'],
        summary: 'Readiness and a description of the hub; a caller without the token sees readiness only',
        security: [],
      },
    },
    async (request) => ({ ready: true, ...(isTrusted(request, token) ? await about() : {}) }),
  )
  app.get(
    '/',
    { schema: { tags: ['about'], summary: 'A description of the hub and the list of routes' } },
    async () => ({
      ...(await about()),
      control: routeList,
    }),
  )
}
