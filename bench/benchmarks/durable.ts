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

/** What is left when the state is kept, of what a server without a state to keep reaches. */
function kept(
  id: string,
  durability: 'disk' | 'process',
  anchor: string,
  atLeast: number,
  startAnchor: () => Promise<ServerProcess>,
): Figure {
  return {
    id,
    title: `telemetry, 1 × ${IN_FLIGHT} in flight, state kept with durability ${durability}`,
    unit: 'messages/s',
    anchor,
    goal: { atLeast },
    async open(effort) {
      const dataDirectory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-bench-'))
      const [ours, other] = await Promise.all([
        startServer('hub', { devices: 1, dataDirectory, durability }),
        startAnchor(),
      ])
      return {
        async ours() {
          const disk = diskMs(dataDirectory)
          const sample = await publishOnce(ours, 1, IN_FLIGHT, effort)
          return { ...sample, extra: { ...sample.extra, diskMs: disk } }
        },
        anchor: () => publishOnce(other, 1, IN_FLIGHT, effort),
        close: async () => {
          await Promise.all([ours.stop(), other.stop()])
          rmSync(dataDirectory, { recursive: true, force: true })
        },
      }
    },
  }
}

const besideMemory = (id: string, durability: 'disk' | 'process', goal: number): Figure =>
  kept(id, durability, 'the same hub in memory', goal, () => startServer('hub', { devices: 1 }))

/** How much is left of what the disk and the system allow, whatever the hub in memory reaches. */
const besideFloor = (id: string, durability: 'disk' | 'process', goal: number): Figure =>
  kept(id, durability, 'a Node server that writes what it reads and acknowledges', goal, () =>
    startServer('floor', { durability }),
  )

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
  besideMemory('D1', 'process', 0.5),
  besideMemory('D1-disk', 'disk', 0.25),
  besideFloor('D1-floor', 'process', 0.3),
  besideFloor('D1-disk-floor', 'disk', 0.5),
  besideMosquitto('process'),
  besideMosquitto('disk'),
  start(1_000),
  start(10_000),
  start(100_000),
]
