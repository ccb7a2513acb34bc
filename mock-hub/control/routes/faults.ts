/** Armed faults, and the catalogue of fault types. */

import type { FaultDefinition } from '../../core/contract/faults.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { ControlError } from '../errors.ts'

/** The core checks the name and the parameters against the catalogue. */
const DEFINITION = {
  ...objectOf(
    {
      name: { type: 'string', description: 'a fault type of GET /fault-types' },
      scope: objectOf({ identity: { type: 'string', description: '{deviceId} or {deviceId}/{moduleId}' } }),
      trigger: objectOf({
        skip: {
          type: 'integer',
          minimum: 0,
          default: 0,
          description: 'number of matches that pass before the fault fires',
        },
      }),
      count: {
        anyOf: [{ type: 'integer', minimum: 1 }, { const: 'always' }],
        default: 1,
        description: 'number of matches at which the fault fires',
      },
      durationSeconds: {
        type: 'number',
        exclusiveMinimum: 0,
        description: 'seconds on the hub’s clock from arming; without it the fault stays armed',
      },
      parameters: { type: 'object' },
    },
    ['name'],
  ),
  examples: [{ name: 'mqtt.puback.withhold', scope: { identity: 'device1' }, count: 2 }],
}
const tags = ['faults']

export const faultRoutes: ControlRoutes = (app, { hub }) => {
  const { faults } = hub
  const find = (id: string) => {
    const found = faults.list().find((fault) => fault.id === id)
    if (found !== undefined) return found
    const armed = faults.list().map((fault) => fault.id)
    throw new ControlError(
      404,
      'FaultNotFound',
      `expected the id of a fault; there are: ${armed.join(', ') || 'none'}; given: ${id.slice(0, 80)}`,
    )
  }
  app.get(
    '/fault-types',
    { schema: { tags, summary: 'All fault types, with their parameters and an example' } },
    () => faults.types,
  )
  app.get(
    '/faults',
    { schema: { tags, summary: 'Faults that are armed or spent, and how often each has fired' } },
    () => faults.list(),
  )
  app.post<{ Body: FaultDefinition }>(
    '/faults',
    { schema: { tags, summary: 'Arm a fault', body: DEFINITION } },
    ({ body }, reply) => reply.code(201).send(faults.arm(body)),
  )
  app.get<{ Params: { id: string } }>(
    '/faults/:id',
    { schema: { tags, summary: 'Read a fault' } },
    ({ params }) => find(params.id),
  )
  app.delete('/faults', { schema: { tags, summary: 'Disarm and remove all faults' } }, (_request, reply) => {
    faults.disarm()
    return reply.code(204).send()
  })
  app.delete<{ Params: { id: string } }>(
    '/faults/:id',
    { schema: { tags, summary: 'Disarm and remove a fault' } },
    ({ params }, reply) => {
      faults.disarm(find(params.id).id)
      return reply.code(204).send()
    },
  )
}
