/** P4, P5, P5b, P6: the cost of a connection, and latency with many of them. */
import type { Figure, Sample } from '../figure.ts'
import { closeAll, offeredLoad } from '../load/offered-load.ts'
import { openDevices } from '../load/publish-load.ts'
import { type ServerProcess, startServer } from '../servers/server.ts'

const OFFERED_PER_SECOND = 4_000

/** Server CPU in ms for one TLS handshake and one CONNECT with its signature check. */
async function connectCost(server: ServerProcess, count: number): Promise<Sample> {
  const before = await server.usage()
  const startedAt = performance.now()
  const devices = await openDevices(server, count)
  const ms = performance.now() - startedAt
  const after = await server.usage()
  await closeAll(devices)
  return {
    value: (after.cpuMicros - before.cpuMicros) / 1000 / count,
    extra: { connectionsPerSecond: (count / ms) * 1000 },
  }
}

/** Memory that one idle connection takes, in KiB. */
async function memoryCost(server: ServerProcess, count: number): Promise<Sample> {
  const before = await server.usage()
  const devices = await openDevices(server, count)
  const after = await server.usage()
  await closeAll(devices)
  return { value: (after.rssBytes - before.rssBytes) / 1024 / count }
}

export const figures: readonly Figure[] = [
  {
    id: 'P4',
    title: `p99 of PUBACK at ${OFFERED_PER_SECOND} messages/s offered over 5,000 connections`,
    unit: 'ms',
    anchor: 'bare aedes',
    goal: { atMost: 1 },
    open: async ({ size, ms }) => {
      const count = Math.round(5_000 * size)
      const [hub, aedes] = await Promise.all([startServer('hub', { devices: count }), startServer('aedes')])
      const [ours, theirs] = [await openDevices(hub, count), await openDevices(aedes, count)]
      return {
        ours: () => offeredLoad(hub, ours, OFFERED_PER_SECOND, ms),
        anchor: () => offeredLoad(aedes, theirs, OFFERED_PER_SECOND, ms),
        close: async () => {
          await closeAll([...ours, ...theirs])
          await Promise.all([hub.stop(), aedes.stop()])
        },
      }
    },
  },
  {
    id: 'P5',
    title: 'server CPU of one TLS connection with its signature check',
    unit: 'ms',
    anchor: 'bare aedes with the same check',
    goal: { atMost: 0.88 },
    open: async ({ size }) => {
      const count = Math.round(1_000 * size)
      const [hub, aedes] = await Promise.all([
        startServer('hub', { devices: count }),
        startServer('aedes', { auth: true }),
      ])
      return {
        ours: () => connectCost(hub, count),
        anchor: () => connectCost(aedes, count),
        close: async () => {
          await Promise.all([hub.stop(), aedes.stop()])
        },
      }
    },
  },
  {
    id: 'P6',
    title: 'memory of one idle TLS connection at 10,000',
    unit: 'KiB',
    anchor: 'bare aedes',
    goal: { atMost: 1.1 },
    // A process does not return memory reliably, so each measurement has its own servers.
    open: ({ size }) => {
      const count = Math.round(10_000 * size)
      const once = (name: string, options: object) => async () => {
        const server = await startServer(name, options)
        try {
          return await memoryCost(server, count)
        } finally {
          await server.stop()
        }
      }
      return Promise.resolve({
        ours: once('hub', { devices: count }),
        anchor: once('aedes', {}),
        close: () => Promise.resolve(),
      })
    },
  },
]
