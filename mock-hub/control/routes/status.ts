/** The hub at a glance, cheap enough to ask every second. */

import type { ControlRoutes } from '../context.ts'
import { countDevices, countEntries } from '../counts.ts'
import { clockState } from './clock.ts'

export const statusRoutes: ControlRoutes = (app, { hub }) => {
  const counting = countEntries(hub)
  app.addHook('onClose', (_app, done) => {
    counting.stop()
    done()
  })
  app.get(
    '/status',
    {
      schema: {
        tags: ['about'],
        summary: 'Devices, totals since the start, clock, quota and armed faults in numbers',
      },
    },
    () => {
      const { used, limit } = hub.throttle.meter
      return {
        clock: clockState(hub.clock),
        devices: countDevices(hub),
        totals: counting.totals(),
        journal: { seq: hub.journal.seq },
        meter: { used, limit: limit ?? null, tier: hub.settings.tier ?? null },
        faults: { armed: hub.faults.list().filter(({ spent }) => !spent).length },
      }
    },
  )
}
