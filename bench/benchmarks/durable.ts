/** D1, D3: what it costs to keep the state. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMockHub } from 'mock-iot-hub'
import type { Figure, Sample } from '../figure.ts'
import { startServer } from '../servers/server.ts'
import { publishOnce } from './telemetry.ts'

const IN_FLIGHT = 64

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
        ours: () => publishOnce(ours, connections, IN_FLIGHT, effort),
        anchor: () => publishOnce(anchor, connections, IN_FLIGHT, effort),
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
  start(1_000),
  start(10_000),
  start(100_000),
]
