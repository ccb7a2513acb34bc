/** C1, C1b, C2, C3, P5b: the reference client compared with the official Node SDK and with mqtt.js alone. */
import type { Effort, Figure, Pair, Sample } from '../figure.ts'
import {
  type BenchClient,
  OFFICIAL_IS_MISSING,
  openBare,
  openOfficial,
  openOurs,
  openSocket,
} from '../load/clients.ts'
import { type ServerProcess, startServer } from '../servers/server.ts'

/** Number of concurrent sends. */
const IN_FLIGHT = 64

/** @returns calls per second, and CPU seconds of this process for a call. */
async function repeat(call: () => Promise<void>, atATime: number, ms: number): Promise<Sample> {
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  const until = startedAt + ms
  let done = 0
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      while (performance.now() < until) {
        await call()
        done++
      }
    }),
  )
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { value: done / seconds, extra: { cpuMicrosPerCall: (user + system) / done } }
}

type Opener = (server: ServerProcess['ready']) => Promise<BenchClient | undefined>

/** Both clients on one server, each measured alone. */
async function pairOf(
  serverName: string,
  anchor: Opener,
  measure: (client: BenchClient) => Promise<Sample>,
): Promise<Pair | { skipped: string }> {
  const server = await startServer(serverName)
  const side = (open: Opener) => async (): Promise<Sample> => {
    const client = await open(server.ready)
    if (client === undefined) throw new Error(OFFICIAL_IS_MISSING)
    try {
      return await measure(client)
    } finally {
      await client.close()
    }
  }
  const probe = await anchor(server.ready)
  if (probe === undefined) {
    await server.stop()
    return { skipped: OFFICIAL_IS_MISSING }
  }
  await probe.close()
  return { ours: side(openOurs), anchor: side(anchor), close: () => server.stop() }
}

function pipelined(id: string, bytes: number, goal: number): Figure {
  const body = Buffer.alloc(bytes, 0x61)
  return {
    id,
    title: `client, ${bytes} B, ${IN_FLIGHT} sends at a time`,
    unit: 'messages/s',
    anchor: 'official Node SDK',
    goal: { atLeast: goal },
    open: ({ ms }) =>
      pairOf('floor', openOfficial, (client) => repeat(() => client.send(body), IN_FLIGHT, ms)),
  }
}

/** Beside the official SDK, and beside a bare socket, which shows how much the round trip allows. */
function beside(
  id: string,
  goal: number,
  title: string,
  unit: string,
  server: string,
  call: (client: BenchClient) => Promise<void>,
): readonly Figure[] {
  const figure = (suffix: string, anchor: string, open: Opener, atLeast: number): Figure => ({
    id: `${id}${suffix}`,
    title,
    unit,
    anchor,
    goal: { atLeast },
    open: ({ ms }) => pairOf(server, open, (client) => repeat(() => call(client), 1, ms)),
  })
  return [
    figure('', 'official Node SDK', openOfficial, goal),
    figure('-floor', 'a bare socket', openSocket, 0.85),
  ]
}

export const figures: readonly Figure[] = [
  pipelined('C1', 256, 3.5),
  pipelined('C1-4K', 4_096, 10),
  pipelined('C1-64K', 65_536, 30),
  {
    id: 'C1b',
    title: `client CPU for a message of 256 B, ${IN_FLIGHT} sends at a time`,
    unit: 'µs CPU',
    anchor: 'mqtt.js alone',
    goal: { atMost: 1.15 },
    open: ({ ms }) =>
      pairOf('floor', openBare, async (client) => {
        const body = Buffer.alloc(256, 0x61)
        const { value, extra } = await repeat(() => client.send(body), IN_FLIGHT, ms)
        return { value: extra?.['cpuMicrosPerCall'] ?? Number.NaN, extra: { perSecond: value } }
      }),
  },
  ...beside('C2', 1.5, 'client, 256 B, one send after another', 'messages/s', 'floor', (client) =>
    client.send(Buffer.alloc(256, 0x61)),
  ),
  ...beside('C3', 1.3, 'client, twin reads, one after another', 'reads/s', 'hub', (client) =>
    client.readTwin(),
  ),
  {
    id: 'P5b',
    title: 'open() of the official Node SDK on an idle hub',
    unit: 'ms',
    anchor: '',
    open: async (effort: Effort) => {
      const hub = await startServer('hub')
      const open = async (): Promise<number> => {
        const startedAt = performance.now()
        const client = await openOfficial(hub.ready)
        if (client === undefined) throw new Error(OFFICIAL_IS_MISSING)
        const ms = performance.now() - startedAt
        await client.close()
        return ms
      }
      try {
        await open()
      } catch {
        await hub.stop()
        return { skipped: OFFICIAL_IS_MISSING }
      }
      return {
        ours: async () => {
          const times: number[] = []
          for (let i = 0; i < Math.max(5, effort.rounds * 2); i++) times.push(await open())
          times.sort((a, b) => a - b)
          return { value: times[times.length >> 1] ?? Number.NaN }
        },
        close: () => hub.stop(),
      }
    },
  },
]
