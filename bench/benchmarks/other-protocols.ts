/** N1, A1, A2: the effect of the other protocols of the hub on MQTT, and whether a reader of events keeps up. */
import type { Figure } from '../figure.ts'
import { openAmqp, readEvents } from '../load/event-reader.ts'
import { readTwins, restAgent } from '../load/get-load.ts'
import { closeAll, offeredLoad } from '../load/offered-load.ts'
import { openDevices, publishLoad } from '../load/publish-load.ts'
import { startServer } from '../servers/server.ts'

const DEVICES = 50
const TELEMETRY_PER_SECOND = 1_000
const REQUESTS_PER_SECOND = 500
const EVENTS_PER_SECOND = 5_000
/** The default of a hub. */
const PARTITIONS = 4

export const figures: readonly Figure[] = [
  {
    id: 'N1',
    title: `p99 of PUBACK during ${REQUESTS_PER_SECOND} REST requests/s, ${TELEMETRY_PER_SECOND} messages/s offered`,
    unit: 'ms',
    anchor: 'the same hub, no requests',
    open: async ({ ms }) => {
      const hub = await startServer('hub', { devices: DEVICES })
      const devices = await openDevices(hub, DEVICES)
      const agent = restAgent(hub)
      return {
        ours: async () => {
          const stop = readTwins(hub, agent, REQUESTS_PER_SECOND)
          const sample = await offeredLoad(hub, devices, TELEMETRY_PER_SECOND, ms)
          return { ...sample, extra: { ...sample.extra, requestsPerSecond: await stop() } }
        },
        anchor: () => offeredLoad(hub, devices, TELEMETRY_PER_SECOND, ms),
        close: async () => {
          agent.destroy()
          await closeAll(devices)
          await hub.stop()
        },
      }
    },
  },
  {
    id: 'A1',
    title: `telemetry, ${DEVICES} connections × 64 in flight, AMQP loaded, one idle AMQP connection`,
    unit: 'messages/s',
    anchor: 'the same hub without AMQP',
    open: async ({ ms }) => {
      const [on, off] = await Promise.all([
        startServer('hub', { devices: DEVICES }),
        startServer('hub', { devices: DEVICES, amqp: false }),
      ])
      const [ours, theirs] = [await openDevices(on, DEVICES), await openDevices(off, DEVICES)]
      const idle = await openAmqp(on.ready)
      return {
        ours: () => publishLoad(on, ours, 64, ms),
        anchor: () => publishLoad(off, theirs, 64, ms),
        close: async () => {
          idle.close()
          await closeAll([...ours, ...theirs])
          await Promise.all([on.stop(), off.stop()])
        },
      }
    },
  },
  {
    id: 'A2',
    title: `events that one reader receives while ${EVENTS_PER_SECOND} messages/s are offered`,
    unit: 'events/s',
    anchor: 'messages acknowledged',
    open: async ({ ms }) => {
      const hub = await startServer('hub', { devices: DEVICES })
      const devices = await openDevices(hub, DEVICES)
      const reader = await readEvents(hub.ready, PARTITIONS)
      let acknowledgedPerSecond = 0
      return {
        ours: async () => {
          const before = reader.count()
          const startedAt = performance.now()
          const sample = await offeredLoad(hub, devices, EVENTS_PER_SECOND, ms)
          const sent = sample.extra?.['sent'] ?? 0
          const seconds = (): number => (performance.now() - startedAt) / 1000
          acknowledgedPerSecond = sent / seconds()
          await reader.until(before + sent)
          const value = sent / seconds()
          return { ...sample, value, extra: { ...sample.extra, pubackP99Ms: sample.value } }
        },
        anchor: () => Promise.resolve({ value: acknowledgedPerSecond }),
        close: async () => {
          await reader.close()
          await closeAll(devices)
          await hub.stop()
        },
      }
    },
  },
]
