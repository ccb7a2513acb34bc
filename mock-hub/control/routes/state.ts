/** The whole state at once: back to the start, out into a file, in from one; and the routes between modules. */

import { SNAPSHOT_FORMAT, type HubSnapshot } from '../../core/contract/services/snapshots.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { SNAPSHOT } from './snapshot-schema.ts'

const TEXTS = { type: 'array', items: { type: 'string' } } as const
const tags = ['state']

export const stateRoutes: ControlRoutes = (app, { hub, services: { snapshots }, reset }) => {
  app.get('/routes', { schema: { tags: ['routes'], summary: 'The routes between modules' } }, () => ({
    routes: hub.routes,
  }))
  app.put<{ Body: { readonly routes: readonly string[] } }>(
    '/routes',
    {
      schema: {
        tags: ['routes'],
        summary: 'Replace the routes between modules',
        body: {
          ...objectOf({ routes: TEXTS }, ['routes']),
          examples: [
            { routes: ['FROM /messages/modules/a/* INTO BrokeredEndpoint("/modules/b/inputs/in1")'] },
          ],
        },
      },
    },
    ({ body }) => {
      hub.routes = body.routes
      return { routes: hub.routes }
    },
  )
  app.post(
    '/reset',
    { schema: { tags, summary: 'Back to what the hub was started with; links are closed' } },
    async (_request, reply) => {
      await reset()
      return reply.code(204).send()
    },
  )
  app.get(
    '/snapshot',
    {
      schema: {
        tags,
        summary: `All the hub keeps, in format ${String(SNAPSHOT_FORMAT)}; there are keys in it`,
      },
    },
    () => snapshots.take(),
  )
  app.post<{ Body: HubSnapshot }>(
    '/restore',
    {
      // A large hub's snapshot is large.
      bodyLimit: 256 * 2 ** 20,
      schema: { tags, summary: 'Make the hub what a snapshot says; links are closed', body: SNAPSHOT },
    },
    ({ body }, reply) => {
      snapshots.restore(body)
      return reply.code(204).send()
    },
  )
}
