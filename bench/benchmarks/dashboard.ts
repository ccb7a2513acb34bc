/** D1, D2: what an open page of the dashboard costs a hub with 10,000 devices. */
import type { Figure } from '../figure.ts'
import { openPage, PAGES } from '../load/dashboard-page.ts'
import { startServer } from '../servers/server.ts'
import { publishOnce } from './telemetry.ts'

const DEVICES = 10_000
const CONNECTIONS = 50
const IN_FLIGHT = 64

function cost(id: string, page: keyof typeof PAGES): Figure {
  return {
    id,
    title: `telemetry, ${CONNECTIONS} connections × ${IN_FLIGHT} in flight, ${page} of the dashboard open`,
    unit: 'messages/s',
    anchor: 'the same hub, no page open',
    goal: { atLeast: 0.9 },
    open: async (effort) => {
      const hub = await startServer('hub', { devices: DEVICES, control: true })
      const { controlUrl = '' } = hub.ready
      const publish = () => publishOnce(hub, CONNECTIONS, IN_FLIGHT, effort)
      return {
        ours: async () => {
          const close = openPage(controlUrl, PAGES[page])
          try {
            const sample = await publish()
            return { ...sample, extra: { ...sample.extra, pageBytes: await close() } }
          } finally {
            await close()
          }
        },
        anchor: publish,
        close: () => hub.stop(),
      }
    },
  }
}

export const figures: readonly Figure[] = [cost('D1', 'overview'), cost('D2', 'timeline')]
