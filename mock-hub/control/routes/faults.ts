/** Orders to misbehave, and the catalogue of what can be ordered. */

import type { FaultDefinition } from '../../core/contract/faults.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { ControlError } from '../errors.ts'

/** Which levers there are and what they need, the catalogue checks. */
const DEFINITION = {
  ...objectOf(
    {
      name: { type: 'string', description: 'a lever of GET /levers' },
      scope: objectOf({ identity: { type: 'string', description: '{deviceId} or {deviceId}/{moduleId}' } }),
      trigger: objectOf({
        skip: {
          type: 'integer',
          minimum: 0,
          default: 0,
          description: 'so many matches pass before it strikes',
        },
      }),
      count: {
        anyOf: [{ type: 'integer', minimum: 1 }, { const: 'always' }],
        default: 1,
        description: 'how often it strikes',
      },
      durationSeconds: { type: 'number', exclusiveMinimum: 0, description: 'on the clock of the hub' },
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
      `expected the id of a fault, of which there are ${armed.join(', ') || 'none'}; given: ${id.slice(0, 80)}`,
    )
  }
  app.get('/levers', { schema: { tags, summary: 'Every failure that can be ordered' } }, () => faults.types)
  app.get(
    '/faults',
    { schema: { tags, summary: 'Faults that are armed or spent, with how often they struck' } },
    () => faults.list(),
  )
  app.post<{ Body: FaultDefinition }>(
    '/faults',
    { schema: { tags, summary: 'Arm a fault', body: DEFINITION } },
    ({ body }, reply) => reply.code(201).send(faults.arm(body)),
  )
  app.get<{ Params: { id: string } }>(
    '/faults/:id',
    { schema: { tags, summary: 'One fault' } },
    ({ params }) => find(params.id),
  )
  app.delete('/faults', { schema: { tags, summary: 'Disarm and forget all faults' } }, (_request, reply) => {
    faults.disarm()
    return reply.code(204).send()
  })
  app.delete<{ Params: { id: string } }>(
    '/faults/:id',
    { schema: { tags, summary: 'Disarm and forget one fault' } },
    ({ params }, reply) => {
      faults.disarm(find(params.id).id)
      return reply.code(204).send()
    },
  )
}
