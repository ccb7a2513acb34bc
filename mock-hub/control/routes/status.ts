/**
 * The hub at a glance, cheap enough to ask every second. The totals count what the journal had when this API was first
 * called, and all since.
 */

import { randomUUID } from 'node:crypto'
import type { ControlRoutes } from '../context.ts'
import { countDevices, countEntries } from '../counts.ts'
import { clockState } from './clock.ts'

export const statusRoutes: ControlRoutes = (app, { hub }) => {
  const counting = countEntries(hub)
  const id = randomUUID()
  app.addHook('onClose', (_app, done) => {
    counting.stop()
    done()
  })
  app.get(
    '/status',
    {
      schema: {
        tags: ['about'],
        summary: 'Devices, clock, quota, armed faults and totals in numbers; a restart changes journal.id',
      },
    },
    () => {
      const { used, limit } = hub.throttle.meter
      return {
        clock: clockState(hub.clock),
        devices: countDevices(hub),
        totals: counting.totals(),
        journal: { id, seq: hub.journal.seq },
        meter: { used, limit: limit ?? null, tier: hub.settings.tier ?? null },
        faults: { armed: hub.faults.list().filter(({ spent }) => !spent).length },
      }
    },
  )
}
