/**
 * Sends MQTT packets, from a seed, to the hub's MQTT adapter over duplexes in this process: noise and malformed CONNECTs,
 * valid packets, valid ones with one lie and malformed ones, in sessions that go on while a back end works with the same
 * device, readers stop, and time passes.
 */

import { createHmac } from 'node:crypto'
import mqttPacket from 'mqtt-packet'
import { ManualClock } from '../../mock-hub/base/clock.ts'
import { HubError } from '../../mock-hub/core/errors/hub-error.ts'
import type { Hub } from '../../mock-hub/core/contract/hub.ts'
import { createHub } from '../../mock-hub/core/create-hub.ts'
import { createMqttServer } from '../../mock-hub/mqtt/server.ts'
import { withOneLie } from './mqtt-lies.ts'
import { fillCaches, malformed, noise, packetOf } from './mqtt-packets.ts'
import { dial, type Peer } from './peers.ts'
import { randomFrom, type Random } from './random.ts'
import { turn, Watch, type Report } from './watch.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly inputs: number
  /** Number of the first input: that of a failure repeats it without those before it. Default: 0. */
  readonly from?: number | undefined
}

/** Packets per connection, if the hub does not close it earlier. */
export const PACKETS_PER_CONNECTION = 50

/** Sends the packets and reports. */
export async function fuzzMqtt({ seed, inputs, from = 0 }: FuzzOptions): Promise<Report> {
  fillCaches()
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const hub = createHub({
    clock,
    settings: { journalRetained: 500, telemetryRetained: 500, maxUnreadBytes: 1_000_000 },
  })
  const { authentication } = hub.registry.create({ deviceId: 'd1' })
  const key = authentication.symmetricKey.primaryKey ?? ''
  const server = await createMqttServer(hub)
  const connect = (clean: boolean): Buffer =>
    mqttPacket.generate({
      ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean, clientId: 'd1', keepalive: 60 },
      username: `${hub.hostName}/d1/?api-version=2021-04-12`,
      password: Buffer.from(tokenFor(hub.hostName, key, clock.now())),
      will: { topic: 'devices/d1/messages/events/', payload: Buffer.from('x'), qos: 1, retain: false },
    })
  const open = (): Peer =>
    dial((stream) => {
      server.accept(stream, { transport: 'mqtt', peer: 'fuzz' })
    })

  const watch = new Watch('packet', from, inputs)
  watch.journal(hub.journal)
  let connections = 0
  const end = from + inputs
  while (watch.at < end && !watch.enough) {
    const random = randomFrom(seed, watch.at)
    watch.connectionAt = watch.at
    const peer = open()
    connections++
    const hello = connect(random(4) > 0)
    const before = random(12)
    if (before === 0) peer.write(noise(random, 1 + random(30)))
    else if (before === 1) peer.write(malformed(hello, random))
    else if (before === 2) peer.write(withOneLie(hello, random))
    else peer.write(hello)
    await turn()
    // Most lies end a connection: some sessions have few.
    const honesty = random(3) === 0 ? 30 : 3
    const last = Math.min(end, watch.at + PACKETS_PER_CONNECTION)
    do {
      const packet = packetOf(random)
      const kind = random(honesty)
      const bytes = kind === 0 ? malformed(packet, random) : kind === 1 ? withOneLie(packet, random) : packet
      const cut = random(8) === 0 ? random(bytes.length) : bytes.length
      peer.write(bytes.subarray(0, cut))
      if (cut < bytes.length) peer.write(bytes.subarray(cut))
      watch.at++
      if (random(5) === 0) backEnd(hub, random)
      if (random(40) === 0) peer.reads(random(2) === 0)
      if (random(60) === 0) clock.advance(random(20_000))
      if (random(4) === 0) await turn()
    } while (watch.at < last && !peer.over)
    peer.drop()
    await turn()
    watch.progress(watch.at - from)
  }
  const good = open()
  good.write(connect(true))
  good.write(mqttPacket.generate({ cmd: 'pingreq' }))
  for (let turns = 0; turns < 100 && good.received < 6; turns++) await turn()
  if (good.received < 6) watch.fail('at the end a correct device was not served')
  good.drop()
  await server.stop()
  const report = watch.report(seed, watch.at - from, connections)
  hub.stop()
  clock.stop()
  return report
}

/** What a back end does with the same device meanwhile. */
function backEnd(hub: Hub, random: Random): void {
  const device = { deviceId: 'd1' }
  switch (random(4)) {
    case 0:
      hub.twins.patch(
        device,
        { desired: { a: random(2) === 0 ? null : 'x'.repeat(random(1_000)) } },
        undefined,
      )
      break
    case 1:
      hub.methods
        .invoke(device, { methodName: `m${random(3)}`, responseTimeoutInSeconds: 5, payload: '1' })
        .catch(() => undefined)
      break
    case 2:
      try {
        hub.c2d.send(device, { body: Buffer.alloc(random(500)), system: { ack: 'full' }, properties: {} })
      } catch (error) {
        // A full queue is no failure.
        if (!(error instanceof HubError)) throw error
      }
      break
    default:
      hub.registry.update(device, { status: random(20) === 0 ? 'disabled' : 'enabled' }, '*')
  }
}

function tokenFor(hostName: string, key: string, now: number): string {
  const sr = encodeURIComponent(`${hostName}/devices/d1`)
  const se = Math.floor(now / 1000) + 3_600
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`
}
