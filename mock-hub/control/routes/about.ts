/** Readiness, and what there is. */

import { isTrusted } from '../access.ts'
import type { ControlRoutes } from '../context.ts'

export const aboutRoutes: ControlRoutes = (app, { about, token, routesHere }) => {
  app.get(
    '/health',
    {
      schema: {
        tags: ['about'],
        summary: 'Readiness, and what the hub is; without the token, where one is asked for, readiness only',
        security: [],
      },
    },
    (request) => ({ ready: true, ...(isTrusted(request, token) ? about() : {}) }),
  )
  app.get(
    '/',
    { schema: { tags: ['about'], summary: 'What the hub is, and what can be called here' } },
    () => ({
      ...about(),
      control: routesHere,
    }),
  )
}
