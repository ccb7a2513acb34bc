/**
 * Sends AMQP frames, from a seed, to the hub's AMQP adapter over duplexes in this process: noise and malformed handshakes,
 * valid frames in any order, malformed ones, and whole conversations whose frames come in odd orders.
 */

import { ManualClock } from '../../mock-hub/base/clock.ts'
import { createAmqpServer } from '../../mock-hub/amqp/server.ts'
import { createHub } from '../../mock-hub/core/create-hub.ts'
import { amqpFrameOf, attached, hello, links, oddOrder } from './amqp-frames.ts'
import { malformed, noise } from './mqtt-packets.ts'
import type { FuzzOptions } from './mqtt.ts'
import { dial, type Peer } from './peers.ts'
import { randomFrom } from './random.ts'
import { turn, Watch, type Report } from './watch.ts'

const FRAMES_PER_CONNECTION = 50

/** Sends the frames and reports. */
export async function fuzzAmqp({ seed, inputs, from = 0 }: FuzzOptions): Promise<Report> {
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const settings = {
    hostName: 'hub',
    journalRetained: 500,
    telemetryRetained: 500,
    maxUnreadBytes: 1_000_000,
  }
  const hub = createHub({ clock, settings })
  hub.registry.create({ deviceId: 'd1' })
  const server = await createAmqpServer(hub, { retentionBytes: 1_048_576 })
  const [owner] = hub.policies
  const greeting = hello(owner?.name ?? '', owner?.primaryKey ?? '')
  const open = (): Peer =>
    dial((stream) => {
      server.accept(stream, { peer: 'fuzz', certificates: undefined, transport: 'amqp' })
    })

  const watch = new Watch('frame', from, inputs)
  watch.journal(hub.journal)
  let connections = 0
  const end = from + inputs
  while (watch.at < end && !watch.enough) {
    const random = randomFrom(seed, watch.at)
    watch.connectionAt = watch.at
    const peer = open()
    connections++
    const last = Math.min(end, watch.at + FRAMES_PER_CONNECTION)
    const send = async (bytes: Buffer): Promise<void> => {
      const cut = random(8) === 0 ? random(bytes.length) : bytes.length
      peer.write(bytes.subarray(0, cut))
      if (cut < bytes.length) peer.write(bytes.subarray(cut))
      watch.at++
      if (random(40) === 0) peer.reads(random(2) === 0)
      if (random(100) === 0) clock.advance(random(100_000))
      if (random(4) === 0) await turn()
    }
    if (random(3) === 0) {
      for (const frame of oddOrder(random, owner?.name ?? '', owner?.primaryKey ?? '', watch.at)) {
        if (watch.at >= last || peer.over) break
        await send(frame)
      }
      if (watch.at === watch.connectionAt) watch.at++
    } else {
      const before = random(12)
      if (before === 0) peer.write(noise(random, 1 + random(60)))
      else if (before === 1) peer.write(malformed(greeting, random))
      else peer.write(greeting)
      if (random(6) !== 0) peer.write(links())
      await turn()
      const honesty = random(3) === 0 ? 30 : 3
      do {
        const frame = amqpFrameOf(random, watch.at)
        await send(random(honesty) === 0 ? malformed(frame, random) : frame)
      } while (watch.at < last && !peer.over)
    }
    peer.drop()
    await turn()
    watch.progress(watch.at - from)
  }
  if (server.connections > 0) watch.fail(`${server.connections} connections were never closed`)

  const good = open()
  good.write(greeting)
  for (let turns = 0; turns < 100 && good.received === 0; turns++) await turn()
  const greeted = good.received
  good.write(attached('$cbs', 0, false))
  for (let turns = 0; turns < 100 && good.received === greeted; turns++) await turn()
  if (greeted === 0 || good.received === greeted) watch.fail('at the end a correct client was not served')
  good.drop()
  await server.stop()
  const report = watch.report(seed, watch.at - from, connections)
  hub.stop()
  clock.stop()
  return report
}
