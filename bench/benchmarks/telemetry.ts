/** P1, P2, P3, P3b: telemetry throughput in the two regimes, batched and spread. */
import type { Effort, Figure, Pair, Sample } from '../figure.ts'
import { openDevices, publishLoad } from '../load/publish-load.ts'
import { type ServerProcess, startServer } from '../servers/server.ts'

type Anchor = 'aedes' | 'mosquitto'

function throughput(id: string, connections: number, inFlight: number, anchor: Anchor, goal: number): Figure {
  return {
    id,
    title: `telemetry, ${connections} connections × ${inFlight} in flight, QoS 1, 256 B, TLS`,
    unit: 'messages/s',
    anchor: anchor === 'aedes' ? 'bare aedes' : 'mosquitto',
    goal: { atLeast: goal },
    open: (effort) => {
      const count = Math.max(1, Math.round(connections * effort.size))
      return hubBeside(anchor, count, (server) => publishOnce(server, count, inFlight, effort))
    },
  }
}

/** A hub with so many devices beside another server, both measured in the same way. */
export async function hubBeside(
  anchor: string,
  devices: number,
  measure: (server: ServerProcess) => Promise<Sample>,
): Promise<Pair | { skipped: string }> {
  let other: ServerProcess
  try {
    other = await startServer(anchor)
  } catch (error) {
    return { skipped: error instanceof Error ? error.message : String(error) }
  }
  const hub = await startServer('hub', { devices })
  return {
    ours: () => measure(hub),
    anchor: () => measure(other),
    close: async () => {
      await Promise.all([hub.stop(), other.stop()])
    },
  }
}

/** One measurement: opens the connections, publishes for a while, closes them. */
export async function publishOnce(
  server: ServerProcess,
  connections: number,
  inFlight: number,
  effort: Effort,
): Promise<Sample> {
  const devices = await openDevices(server, connections)
  try {
    return await publishLoad(server, devices, inFlight, effort.ms)
  } finally {
    for (const device of devices) {
      device.socket.removeAllListeners('close')
      device.close()
    }
  }
}

export const figures: readonly Figure[] = [
  throughput('P1', 1, 64, 'aedes', 1.5),
  throughput('P2', 50, 64, 'aedes', 2),
  throughput('P3', 1000, 1, 'mosquitto', 0.7),
  throughput('P3b', 50, 1, 'aedes', 1.1),
]
