/** D1, D2, D3: what it costs to keep the state. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMockHub } from 'mock-iot-hub'
import { median, type Figure, type Sample } from '../figure.ts'
import { startServer, type ServerProcess } from '../servers/server.ts'
import { publishOnce } from './telemetry.ts'

const IN_FLIGHT = 64
/** What the events of one round trip take in the journal. */
const GROUP_BYTES = 20_000
const GROUPS = 50

function kept(id: string, durability: 'disk' | 'process', connections: number, goal: number): Figure {
  return {
    id,
    title: `telemetry, ${connections} × ${IN_FLIGHT} in flight, state kept with durability ${durability}`,
    unit: 'messages/s',
    anchor: 'the same hub in memory',
    goal: { atLeast: goal },
    async open(effort) {
      const dataDirectory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-bench-'))
      const [ours, anchor] = await Promise.all([
        startServer('hub', { devices: connections, dataDirectory, durability }),
        startServer('hub', { devices: connections }),
      ])
      return {
        async ours() {
          const disk = diskMs(dataDirectory)
          const sample = await publishOnce(ours, connections, IN_FLIGHT, effort)
          return { ...sample, extra: { ...sample.extra, diskMs: disk } }
        },
        anchor: () => publishOnce(anchor, connections, IN_FLIGHT, effort),
        close: async () => {
          await Promise.all([ours.stop(), anchor.stop()])
          rmSync(dataDirectory, { recursive: true, force: true })
        },
      }
    },
  }
}

/** The disk decides how many groups a second there can be: so long takes the storing of one. */
function diskMs(folder: string): number {
  const file = openSync(join(folder, 'disk'), 'w')
  const group = Buffer.alloc(GROUP_BYTES, 1)
  const times: number[] = []
  for (let at = 0; at < GROUPS; at++) {
    const startedAt = performance.now()
    writeSync(file, group, 0, group.length, at * group.length)
    fdatasyncSync(file)
    times.push(performance.now() - startedAt)
  }
  closeSync(file)
  return median(times)
}

/** How much of what the disk and the system allow is left, whatever the hub in memory reaches. */
function besideFloor(id: string, durability: 'disk' | 'process', goal: number): Figure {
  return {
    id,
    title: `telemetry, 1 × ${IN_FLIGHT} in flight, state kept with durability ${durability}`,
    unit: 'messages/s',
    anchor: 'a Node server that writes what it reads and acknowledges',
    goal: { atLeast: goal },
    async open(effort) {
      const dataDirectory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-bench-'))
      const [ours, anchor] = await Promise.all([
        startServer('hub', { devices: 1, dataDirectory, durability }),
        startServer('floor', { durability }),
      ])
      return {
        ours: () => publishOnce(ours, 1, IN_FLIGHT, effort),
        anchor: () => publishOnce(anchor, 1, IN_FLIGHT, effort),
        close: async () => {
          await Promise.all([ours.stop(), anchor.stop()])
          rmSync(dataDirectory, { recursive: true, force: true })
        },
      }
    },
  }
}

/** Nobody reads what mosquitto is sent, so that it has less to keep than the hub, which keeps every event. */
function besideMosquitto(durability: 'disk' | 'process'): Figure {
  return {
    id: `D2-${durability}`,
    title: `telemetry, 1 × ${IN_FLIGHT} in flight, state kept with durability ${durability}`,
    unit: 'messages/s',
    anchor: 'mosquitto with persistence, saved after each change',
    async open(effort) {
      let anchor: ServerProcess
      try {
        anchor = await startServer('mosquitto', { persistence: true })
      } catch (error) {
        return { skipped: error instanceof Error ? error.message : String(error) }
      }
      const dataDirectory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-bench-'))
      const ours = await startServer('hub', { devices: 1, dataDirectory, durability })
      return {
        ours: () => publishOnce(ours, 1, IN_FLIGHT, effort),
        anchor: () => publishOnce(anchor, 1, IN_FLIGHT, effort),
        close: async () => {
          await Promise.all([ours.stop(), anchor.stop()])
          rmSync(dataDirectory, { recursive: true, force: true })
        },
      }
    },
  }
}

function start(devices: number): Figure {
  return {
    id: `D3-${devices}`,
    title: `start over the kept state of ${devices} devices with twins`,
    unit: 'ms',
    anchor: '',
    async open() {
      const dataDirectory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-bench-'))
      const options = { dataDirectory, controlPort: false, amqpPort: false, durability: 'process' } as const
      const first = await startMockHub({ ...options, settings: { maxDevices: 1_000_000 } })
      for (let id = 0; id < devices; id++) {
        const identity = { deviceId: `device-${id}` }
        first.registry.create(identity)
        first.twins.patch(identity, { tags: { site: id % 10 }, desired: { interval: 60, on: true } }, '*')
      }
      await first.stop()
      return {
        async ours(): Promise<Sample> {
          const startedAt = performance.now()
          const hub = await startMockHub({ ...options, settings: { maxDevices: 1_000_000 } })
          const value = performance.now() - startedAt
          await hub.stop()
          return { value }
        },
        close: () => {
          rmSync(dataDirectory, { recursive: true, force: true })
          return Promise.resolve()
        },
      }
    },
  }
}

export const figures: readonly Figure[] = [
  kept('D1', 'process', 1, 0.5),
  kept('D1-disk', 'disk', 1, 0.25),
  besideFloor('D1-floor', 'process', 0.3),
  besideFloor('D1-disk-floor', 'disk', 0.5),
  besideMosquitto('process'),
  besideMosquitto('disk'),
  start(1_000),
  start(10_000),
  start(100_000),
]
