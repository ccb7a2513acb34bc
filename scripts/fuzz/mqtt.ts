/**
 * Sends millions of malformed MQTT packets, from a seed, to the hub's MQTT adapter over duplexes in this process: some
 * before CONNECT, malformed CONNECTs, and most from an accepted device. The adapter passes if no exception escapes, its
 * memory stays flat, and it still serves a correct device at the end.
 */

import { createHmac } from 'node:crypto'
import { duplexPair } from 'node:stream'
import mqttPacket from 'mqtt-packet'
import { createHub } from '../../mock-hub/core/create-hub.ts'
import { createMqttServer } from '../../mock-hub/mqtt/server.ts'
import type { MqttServer } from '../../mock-hub/mqtt/server.ts'
import { noise, packetOf, malformed } from './mqtt-packets.ts'
import { randomFrom } from './random.ts'

export interface MqttFuzzOptions {
  readonly seed: number
  /** @default 1000000 */
  readonly packets?: number | undefined
  /** Number of the first packet: the number of a failure repeats it without the packets before it. @default 0 */
  readonly from?: number | undefined
}

export interface MqttFuzzReport {
  readonly seed: number
  readonly packets: number
  /** Number of connections used. */
  readonly connections: number
  /** Number of rejections by rule. */
  readonly refusals: Readonly<Record<string, number>>
  /** Heap in bytes after a quarter and at the end. */
  readonly heap: readonly [number, number]
  /** Violations of the conditions above. */
  readonly failures: readonly string[]
}

/** Packets per connection, if the hub does not close it earlier. */
const PACKETS_PER_CONNECTION = 50
const ALLOWED_GROWTH = 48 * 1024 * 1024

/** Sends the packets and reports. */
export async function fuzzMqtt({
  seed,
  packets = 1_000_000,
  from = 0,
}: MqttFuzzOptions): Promise<MqttFuzzReport> {
  const hub = createHub({ settings: { journalRetained: 500, telemetryRetained: 500 } })
  const { authentication } = hub.registry.create({ deviceId: 'd1' })
  const server = await createMqttServer(hub)
  const password = tokenFor(hub.hostName, authentication.symmetricKey.primaryKey ?? '')
  const hello = mqttPacket.generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: 'd1',
    keepalive: 60,
    username: `${hub.hostName}/d1/?api-version=2021-04-12`,
    password: Buffer.from(password),
    will: { topic: 'devices/d1/messages/events/', payload: Buffer.from('x'), qos: 1, retain: false },
  })

  const failures: string[] = []
  const refusals: Record<string, number> = {}
  const escaped = (what: unknown): void => {
    failures.push(
      `escaped near packet ${number}: ${what instanceof Error ? (what.stack ?? what.message) : String(what)}`,
    )
  }
  process.on('uncaughtException', escaped)
  process.on('unhandledRejection', escaped)
  hub.journal.subscribe((entry) => {
    if (entry.type !== 'refusal') return
    const { rule } = entry.explanation
    refusals[rule] = (refusals[rule] ?? 0) + 1
    if (rule === 'internal')
      failures.push(`internal error near packet ${number}: ${entry.explanation.received}`)
  })

  let number = from
  let connections = 0
  let heapEarly = 0
  const end = from + packets
  while (number < end && failures.length < 20) {
    const random = randomFrom(seed, number)
    const peer = dial(server)
    connections++
    const before = random(10)
    if (before === 0) peer.write(noise(random, 1 + random(30)))
    else if (before === 1) peer.write(malformed(hello, random))
    else peer.write(hello)
    await turn()
    const last = Math.min(end, number + PACKETS_PER_CONNECTION)
    do {
      const packet = packetOf(random)
      const bytes = random(3) === 0 ? packet : malformed(packet, random)
      const cut = random(8) === 0 ? random(bytes.length) : bytes.length
      peer.write(bytes.subarray(0, cut))
      if (cut < bytes.length) peer.write(bytes.subarray(cut))
      number++
      if (random(4) === 0) await turn()
    } while (number < last && !peer.over)
    peer.drop()
    await turn()
    if (heapEarly === 0 && number - from >= packets / 4) heapEarly = heapNow()
  }
  const heapLate = heapNow()
  if (heapLate - heapEarly > ALLOWED_GROWTH)
    failures.push(`the heap grew from ${heapEarly} to ${heapLate} bytes`)

  const good = dial(server)
  good.write(hello)
  good.write(mqttPacket.generate({ cmd: 'pingreq' }))
  for (let turns = 0; turns < 100 && good.received < 6; turns++) await turn()
  if (good.received < 6) failures.push('at the end a correct device was not served')
  good.drop()
  await server.stop()
  hub.stop()
  process.off('uncaughtException', escaped)
  process.off('unhandledRejection', escaped)
  return { seed, packets: number - from, connections, refusals, heap: [heapEarly, heapLate], failures }
}

interface Peer {
  readonly received: number
  readonly over: boolean
  write(bytes: Buffer): void
  drop(): void
}

function dial(server: MqttServer): Peer {
  const [near, far] = duplexPair()
  let received = 0
  let over = false
  near.on('data', (chunk: Buffer) => (received += chunk.length))
  near.on('end', () => (over = true))
  near.on('error', () => (over = true))
  far.on('close', () => (over = true))
  server.accept(far, { transport: 'mqtt', peer: 'fuzz' })
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

function tokenFor(hostName: string, key: string): string {
  const sr = encodeURIComponent(`${hostName}/devices/d1`)
  const se = Math.floor(Date.now() / 1000) + 7 * 86_400
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`
}
