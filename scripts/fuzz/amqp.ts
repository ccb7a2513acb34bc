/**
 * Sends malformed AMQP frames, from a seed, to the hub's AMQP adapter over duplexes in this process: some malformed
 * handshakes, and most from an accepted client. The adapter passes if no exception escapes, its memory stays flat, and
 * it still serves a correct client at the end.
 */

import { duplexPair } from 'node:stream'
import { createAmqpServer } from '../../mock-hub/amqp/server.ts'
import type { AmqpServer } from '../../mock-hub/amqp/server.ts'
import { createHub } from '../../mock-hub/core/create-hub.ts'
import { amqpFrameOf, attached, hello, links } from './amqp-frames.ts'
import { noise, malformed } from './mqtt-packets.ts'
import { randomFrom } from './random.ts'

export interface AmqpFuzzReport {
  readonly seed: number
  readonly frames: number
  /** Number of connections used. */
  readonly connections: number
  /** Number of rejections by rule. */
  readonly refusals: Readonly<Record<string, number>>
  /** Heap in bytes after a quarter and at the end. */
  readonly heap: readonly [number, number]
  /** Violations of the conditions above. */
  readonly failures: readonly string[]
}

const FRAMES_PER_CONNECTION = 50
const ALLOWED_GROWTH = 48 * 1024 * 1024

/** Sends the frames and reports. @param options.from number of the first frame; the number of a failure repeats it. */
export async function fuzzAmqp({
  seed,
  frames,
  from = 0,
}: {
  readonly seed: number
  readonly frames: number
  readonly from?: number | undefined
}): Promise<AmqpFuzzReport> {
  const hub = createHub({ settings: { hostName: 'hub', journalRetained: 500, telemetryRetained: 500 } })
  hub.registry.create({ deviceId: 'd1' })
  const server = await createAmqpServer(hub, { retentionBytes: 1_048_576 })
  const [owner] = hub.policies
  const greeting = hello(owner?.name ?? '', owner?.primaryKey ?? '')

  let number = from
  const failures: string[] = []
  const refusals: Record<string, number> = {}
  const escaped = (what: unknown): void => {
    const text = what instanceof Error ? (what.stack ?? what.message) : String(what)
    failures.push(`escaped near frame ${number}: ${text}`)
  }
  process.on('uncaughtException', escaped)
  process.on('unhandledRejection', escaped)
  hub.journal.subscribe((entry) => {
    if (entry.type !== 'refusal') return
    const { rule, received } = entry.explanation
    refusals[rule] = (refusals[rule] ?? 0) + 1
    if (rule === 'internal') failures.push(`internal error near frame ${number}: ${received}`)
  })

  let connections = 0
  let heapEarly = 0
  const end = from + frames
  while (number < end && failures.length < 20) {
    const random = randomFrom(seed, number)
    const peer = dial(server)
    connections++
    const before = random(12)
    if (before === 0) peer.write(noise(random, 1 + random(60)))
    else if (before === 1) peer.write(malformed(greeting, random))
    else peer.write(greeting)
    if (random(6) !== 0) peer.write(links())
    await turn()
    const last = Math.min(end, number + FRAMES_PER_CONNECTION)
    do {
      const frame = amqpFrameOf(random, number)
      const bytes = random(3) === 0 ? malformed(frame, random) : frame
      const cut = random(8) === 0 ? random(bytes.length) : bytes.length
      peer.write(bytes.subarray(0, cut))
      if (cut < bytes.length) peer.write(bytes.subarray(cut))
      number++
      if (random(4) === 0) await turn()
    } while (number < last && !peer.over)
    peer.drop()
    await turn()
    if (heapEarly === 0 && number - from >= frames / 4) heapEarly = heapNow()
  }
  const heapLate = heapNow()
  if (heapLate - heapEarly > ALLOWED_GROWTH)
    failures.push(`the heap grew from ${heapEarly} to ${heapLate} bytes`)
  if (server.connections > 0) failures.push(`${server.connections} connections were never closed`)

  const good = dial(server)
  good.write(greeting)
  for (let turns = 0; turns < 100 && good.received === 0; turns++) await turn()
  const greeted = good.received
  good.write(attached('$cbs', 0, false))
  for (let turns = 0; turns < 100 && good.received === greeted; turns++) await turn()
  if (greeted === 0 || good.received === greeted) failures.push('at the end a correct client was not served')
  good.drop()
  await server.stop()
  hub.stop()
  process.off('uncaughtException', escaped)
  process.off('unhandledRejection', escaped)
  return { seed, frames: number - from, connections, refusals, heap: [heapEarly, heapLate], failures }
}

function dial(server: AmqpServer): {
  readonly received: number
  readonly over: boolean
  write(bytes: Buffer): void
  drop(): void
} {
  const [near, far] = duplexPair()
  let received = 0
  let over = false
  near.on('data', (chunk: Buffer) => (received += chunk.length))
  near.on('end', () => (over = true))
  near.on('error', () => (over = true))
  far.on('close', () => (over = true))
  server.accept(far, { peer: 'fuzz', certificates: undefined, transport: 'amqp' })
  return {
    get received() {
      return received
    },
    get over() {
      return over
    },
    write: (bytes) => {
      if (!over) near.write(bytes)
    },
    drop: () => {
      over = true
      far.destroy()
      near.destroy()
    },
  }
}

/** Settles when everything written has been handled. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function heapNow(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
