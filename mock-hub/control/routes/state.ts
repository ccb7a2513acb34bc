/** The whole state: reset, snapshot, restore; and the routes between modules. */

import { Readable } from 'node:stream'
import { InvalidInput } from '../../base/invalid-input.ts'
import { SNAPSHOT_FORMAT, type HubSnapshot } from '../../core/contract/services/snapshots.ts'
import { NESTING_RULE, readLongJsonBodies } from '../../http-common/json-bodies.ts'
import { LongJsonError } from '../../http-common/long-json.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { SNAPSHOT } from './snapshot-schema.ts'

const TEXTS = { type: 'array', items: { type: 'string' } } as const
const tags = ['state']

/** What is wrong with a body that cannot be read. It is not repeated: it holds keys. */
function unreadable(error: unknown): unknown {
  if (!(error instanceof LongJsonError)) return error
  switch (error.problem) {
    case 'too deep':
      return new InvalidInput('control', 'body', `to be ${NESTING_RULE}`, 'more levels')
    case 'too long':
      return new InvalidInput('control', 'body', 'to have no element of more than 64 MiB', 'a longer one')
    case 'malformed':
      return new InvalidInput('control', 'body', 'to be a JSON object', 'something else')
  }
}

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
    (_request, reply) =>
      reply.type('application/json; charset=utf-8').send(Readable.from(inBlocks(snapshots.text()))),
  )
  app.register((scope, _options, done) => {
    readLongJsonBodies(scope, unreadable)
    scope.post<{ Body: HubSnapshot }>(
      '/restore',
      {
        schema: {
          tags,
          summary: 'Replace the whole state by a snapshot of any size; all connections are closed',
          body: SNAPSHOT,
        },
      },
      ({ body }, reply) => {
        snapshots.restore(body)
        return reply.code(204).send()
      },
    )
    done()
  })
}

const BLOCK_CHARACTERS = 2 ** 20

/** All of a text that must be written at once, in blocks that are sent as they are read. */
function inBlocks(parts: Iterable<string>): readonly Buffer[] {
  const blocks: Buffer[] = []
  let block = ''
  for (const part of parts) {
    block += part
    if (block.length < BLOCK_CHARACTERS) continue
    blocks.push(Buffer.from(block))
    block = ''
  }
  blocks.push(Buffer.from(block))
  return blocks
}
