/**
 * F1, F2, F3: what a message and a connection cost the server, beside the least that a Node process needs and beside brokers
 * that people would take. The throughput of one process differs twofold from run to run on shared cores, its CPU far less.
 */
import type { Effort, Figure, Sample } from '../figure.ts'
import { closeAll } from '../load/offered-load.ts'
import { openDevices } from '../load/publish-load.ts'
import type { ServerProcess } from '../servers/server.ts'
import { hubBeside, publishOnce } from './telemetry.ts'

type Anchor = 'floor' | 'aedes' | 'mosquitto' | 'mochi'
const NAMES: Readonly<Record<Anchor, string>> = {
  floor: 'a Node server that only acknowledges',
  aedes: 'bare aedes',
  mosquitto: 'mosquitto',
  mochi: 'mochi-mqtt',
}
const BROKERS: readonly Anchor[] = ['aedes', 'mosquitto', 'mochi']

type Cost = (server: ServerProcess, connections: number, effort: Effort) => Promise<Sample>

/** One figure with a goal beside the floor, and one without beside each broker. */
function beside(
  id: string,
  { title, unit, atMost }: { title: string; unit: string; atMost: number },
  connections: number,
  cost: Cost,
): readonly Figure[] {
  return (['floor', ...BROKERS] as const).map((anchor) => ({
    id: anchor === 'floor' ? id : `${id}-${anchor}`,
    title,
    unit,
    anchor: NAMES[anchor],
    ...(anchor === 'floor' ? { goal: { atMost } } : {}),
    open: (effort) => {
      const count = Math.max(1, Math.round(connections * effort.size))
      return hubBeside(anchor, count, (server) => cost(server, count, effort))
    },
  }))
}

const cpuOfMessage =
  (inFlight: number): Cost =>
  async (server, connections, effort) => {
    const { value, extra, ...rest } = await publishOnce(server, connections, inFlight, effort)
    return { ...rest, value: extra?.['serverMicrosPerMessage'] ?? Number.NaN, extra: { perSecond: value } }
  }

const residentMemory: Cost = async (server, connections) => {
  const devices = await openDevices(server, connections)
  const { rssBytes } = await server.usage()
  await closeAll(devices)
  return { value: rssBytes / 2 ** 20 }
}

export const figures: readonly Figure[] = [
  ...beside(
    'F1',
    { title: 'server CPU of a message, 50 connections × 64 in flight', unit: 'µs', atMost: 2.5 },
    50,
    cpuOfMessage(64),
  ),
  ...beside(
    'F2',
    { title: 'server CPU of a message, 1,000 connections × 1 in flight', unit: 'µs', atMost: 1.2 },
    1_000,
    cpuOfMessage(1),
  ),
  ...beside(
    'F3',
    { title: 'resident memory of the server with 1,000 TLS connections', unit: 'MiB', atMost: 1.5 },
    1_000,
    residentMemory,
  ),
]
