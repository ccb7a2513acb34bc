/**
 * U1, U2: what an open page of the dashboard costs a hub with 10,000 devices. A hub is one thread: what it can take is the
 * reverse of the CPU time that a message costs it, and that does not depend on what else the machine does.
 */
import type { Figure, Sample } from '../figure.ts'
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
    unit: 'messages/CPU s',
    anchor: 'the same hub, no page open',
    goal: { atLeast: 0.9 },
    open: async (effort) => {
      const hub = await startServer('hub', { devices: DEVICES, control: true })
      const { controlUrl = '' } = hub.ready
      const publish = async (): Promise<Sample> => {
        const { value, extra, generatorCpu = 0 } = await publishOnce(hub, CONNECTIONS, IN_FLIGHT, effort)
        const micros = extra?.['serverMicrosPerMessage'] ?? Number.NaN
        return { value: 1e6 / micros, generatorCpu, extra: { ...extra, messagesPerSecond: value } }
      }
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

export const figures: readonly Figure[] = [cost('U1', 'overview'), cost('U2', 'timeline')]
