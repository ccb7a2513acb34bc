/** The whole state: reset, snapshot, restore; and the routes between modules. */

import { SNAPSHOT_FORMAT, type HubSnapshot } from '../../core/contract/services/snapshots.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { SNAPSHOT } from './snapshot-schema.ts'

const TEXTS = { type: 'array', items: { type: 'string' } } as const
const tags = ['state']

export const stateRoutes: ControlRoutes = (app, { hub, services: { snapshots }, reset }) => {
  app.get('/routes', { schema: { tags: ['routes'], summary: 'Read the routes between modules' } }, () => ({
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
    { schema: { tags, summary: 'Return to the initial state; connections of devices are closed' } },
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
        summary: `The whole state as JSON, in format ${String(SNAPSHOT_FORMAT)}; it contains keys`,
      },
    },
    () => snapshots.take(),
  )
  app.post<{ Body: HubSnapshot }>(
    '/restore',
    {
      // Room for the snapshot of a hub with many devices.
      bodyLimit: 256 * 2 ** 20,
      schema: {
        tags,
        summary: 'Replace the whole state by a snapshot; all connections are closed',
        body: SNAPSHOT,
      },
    },
    ({ body }, reply) => {
      snapshots.restore(body)
      return reply.code(204).send()
    },
  )
}
