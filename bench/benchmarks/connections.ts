/** P4, P5, P5b, P6: what a connection costs, and latency under many of them. */
import { once } from 'node:events'
import type { Figure, Sample } from '../figure.ts'
import { percentile } from '../figure.ts'
import { MqttDevice } from '../load/mqtt-device.ts'
import { openDevices, telemetryTopic } from '../load/publish-load.ts'
import { type ServerProcess, startServer } from '../servers/server.ts'

const OFFERED_PER_SECOND = 4_000

/** Messages leave at a fixed rate whatever comes back: queueing shows as latency. */
async function offeredLoad(
  server: ServerProcess,
  devices: readonly MqttDevice[],
  ms: number,
): Promise<Sample> {
  const payload = Buffer.alloc(256, 0x61)
  const frames = devices.map((device) => MqttDevice.frame(telemetryTopic(device.deviceId), payload))
  const latencies: number[] = []
  const pending = devices.map(() => new Map<number, number>())
  let outstanding = 0
  let drained: (() => void) | undefined
  devices.forEach((device, index) => {
    device.onAcknowledged((id) => {
      const at = pending[index]?.get(id)
      if (at === undefined) return
      pending[index]?.delete(id)
      latencies.push(performance.now() - at)
      if (--outstanding === 0) drained?.()
    })
  })
  const before = await server.usage()
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  let sent = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - startedAt
      const due = Math.floor((Math.min(elapsed, ms) / 1000) * OFFERED_PER_SECOND)
      for (; sent < due; sent++) {
        const index = sent % devices.length
        const device = devices[index]
        const frame = frames[index]
        if (device === undefined || frame === undefined) continue
        outstanding++
        device.send(frame, 1, (id) => pending[index]?.set(id, performance.now()))
      }
      if (elapsed >= ms) {
        clearInterval(timer)
        resolve()
      }
    }, 2)
  })
  await new Promise<void>((resolve) => {
    drained = resolve
    if (outstanding === 0) resolve()
  })
  const seconds = (performance.now() - startedAt) / 1000
  const used = process.cpuUsage(cpu)
  const after = await server.usage()
  return {
    value: percentile(latencies, 0.99),
    generatorCpu: (used.user + used.system) / 1e6 / seconds,
    extra: {
      p50Ms: percentile(latencies, 0.5),
      sentPerSecond: sent / seconds,
      serverMicrosPerMessage: (after.cpuMicros - before.cpuMicros) / sent,
    },
  }
}

async function closeAll(devices: readonly MqttDevice[]): Promise<void> {
  await Promise.all(
    devices.map((device) => {
      const closed = once(device.socket, 'close')
      device.close()
      return closed
    }),
  )
}

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
        ours: () => offeredLoad(hub, ours, ms),
        anchor: () => offeredLoad(aedes, theirs, ms),
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
    // A process never gives memory back reliably: each measurement has servers of its own.
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
