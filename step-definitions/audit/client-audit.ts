/** Holds the calls and events of a scenario against what the hub has seen. */

import type { ConformanceWorld } from '../world/world.ts'
import { callProblems } from './client-calls.ts'
import { connectionProblems } from './client-connections.ts'

/** @returns a sentence for each violation. */
export async function clientProblems(world: ConformanceWorld): Promise<readonly string[]> {
  const { client, hub } = world
  const clientIds = new Map(
    [...client.created].map(([session, { identity }]) => {
      const { deviceId, moduleId } = identity
      return [session, moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`]
    }),
  )
  // Two clients of one identity cannot be told apart.
  if (new Set(clientIds.values()).size < clientIds.size) return []
  const calls = await Promise.all(
    client.calls.map(async ({ request, settled, startedAtSeq, settledAtSeq }) => ({
      ...{ request, settled, fromSeq: startedAtSeq },
      toSeq: settled === undefined ? Infinity : await settledAtSeq,
    })),
  )
  const facts = { journal: hub.journal, calls, events: client.events, clientIds }
  return [...callProblems(facts), ...connectionProblems(facts)]
}
