/**
 * Sends the same sequences of MQTT packets to the hub, to bare aedes and, where it is installed, to mosquitto, and compares what
 * comes back: only packets on which MQTT 3.1.1 leaves no choice, and topics that the hub lets a device use.
 */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duplexPair, type Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { createHub } from '../../mock-hub/core/create-hub.ts'
import { createMqttServer } from '../../mock-hub/mqtt/server.ts'
import { pick, randomFrom, type Random } from './random.ts'

interface Broker {
  readonly name: string
  dial(): Promise<Duplex>
  stop(): Promise<unknown>
}

const EVENTS = 'devices/d1/messages/events/'
const FILTERS = [
  'devices/d1/messages/devicebound/#',
  '$iothub/twin/res/#',
  '$iothub/methods/POST/#',
  '$iothub/twin/PATCH/properties/desired/#',
]
/** How long an answer may take; a broker that says nothing in this time has said nothing. */
const QUIET_MS = 2_000

/** How a sequence may end; `agrees` names the brokers that must treat it as the hub does. */
interface Ending {
  readonly name: string
  readonly bytes: Buffer
  readonly agrees: readonly string[]
}

const BOTH = ['aedes', 'mosquitto']
/** What every broker must refuse; where one does not, MQTT 3.1.1 is with the hub. */
const ENDINGS: readonly Ending[] = [
  { name: 'reserved type 0', bytes: Buffer.from([0x00, 0x00]), agrees: BOTH },
  { name: 'SUBSCRIBE without filters', bytes: Buffer.from([0x82, 0x02, 0x00, 0x09]), agrees: BOTH },
  { name: 'SUBSCRIBE with flags 0', bytes: Buffer.from([0x80, 0x06, 0, 9, 0, 1, 0x61, 0]), agrees: BOTH },
  { name: 'QoS 3', bytes: Buffer.from([0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01]), agrees: BOTH },
  { name: 'a length of five bytes', bytes: Buffer.from([0xc0, 0xff, 0xff, 0xff, 0xff, 0x01]), agrees: BOTH },
  { name: 'a topic with #', bytes: Buffer.from([0x30, 0x03, 0x00, 0x01, 0x23]), agrees: ['mosquitto'] },
  {
    name: 'SUBACK from a client',
    bytes: mqttPacket.generate({ cmd: 'suback', messageId: 1, granted: [0] }),
    agrees: ['aedes'],
  },
  { name: 'DISCONNECT', bytes: mqttPacket.generate({ cmd: 'disconnect' }), agrees: BOTH },
]

/** @returns how many sequences were compared, the brokers beside the hub, and the differences. */
export async function differ(
  seed: number,
  sequences: number,
): Promise<{
  readonly sequences: number
  readonly against: readonly string[]
  readonly failures: readonly string[]
}> {
  const hub = await ownHub()
  const others = [await aedes(), ...(await mosquitto())]
  const failures: string[] = []
  for (let number = 0; number < sequences && failures.length < 20; number++) {
    const { packets, ending, cut } = sequenceOf(randomFrom(seed, number))
    const expected = await play(hub, hub.hello, packets, ending, cut)
    for (const other of others) {
      const said = await play(other, hub.hello, packets, ending, cut)
      const mustEndAlike = ending === undefined || ending.agrees.includes(other.name)
      if (said.answers !== expected.answers || (mustEndAlike && said.end !== expected.end))
        failures.push(
          `sequence ${number}, ${ending?.name ?? 'no ending'}: the hub says ${expected.answers}, then ${expected.end}; ${other.name} ${said.answers}, then ${said.end}`,
        )
    }
  }
  for (const broker of [hub, ...others]) await broker.stop()
  return { sequences, against: others.map(({ name }) => name), failures }
}

/** A few valid packets, each of which has one answer, cut anywhere into two writes; and perhaps an ending. */
function sequenceOf(random: Random): {
  readonly packets: readonly Buffer[]
  readonly ending: Ending | undefined
  readonly cut: number
} {
  const packets: Packet[] = Array.from({ length: 1 + random(6) }, (_, n): Packet => {
    const messageId = n + 1
    const filters = FILTERS.filter(() => random(2) === 0)
    const [first = FILTERS[0] ?? ''] = filters
    return pick<() => Packet>(random, [
      () => ({ cmd: 'pingreq' }),
      () => ({
        ...{ cmd: 'publish', topic: EVENTS, payload: 'x'.repeat(random(2_000)), qos: 1, messageId },
        ...{ dup: random(3) === 0, retain: false },
      }),
      () => ({
        ...{ cmd: 'subscribe', messageId },
        subscriptions: [...new Set([first, ...filters])].map((topic) => ({ topic, qos: random(2) as 0 | 1 })), // 0 or 1
      }),
      () => ({ cmd: 'unsubscribe', messageId, unsubscriptions: [first] }),
    ])()
  })
  const bytes = packets.map((packet) => mqttPacket.generate(packet))
  const length = bytes.reduce((sum, one) => sum + one.length, 0)
  const ending = random(3) === 0 ? undefined : pick(random, ENDINGS)
  return { packets: bytes, ending, cut: random(length + 1) }
}

interface Said {
  /** Kinds of packets with their ids and codes; without regard to order, which the brokers choose. */
  readonly answers: string
  readonly end: 'open' | 'closed'
}

async function play(
  broker: Broker,
  hello: Buffer,
  packets: readonly Buffer[],
  ending: Ending | undefined,
  cut: number,
): Promise<Said> {
  const stream = await broker.dial()
  const parser = mqttPacket.parser({ protocolVersion: 4 })
  const said: string[] = []
  const state = { closed: false }
  let wake: () => void = () => undefined
  parser.on('packet', (packet: Packet) => {
    const { cmd, messageId, granted, returnCode } = packet as Packet & {
      granted?: readonly number[]
      returnCode?: number
    }
    said.push([cmd, messageId, granted?.join(','), returnCode].filter((part) => part !== undefined).join(':'))
    wake()
  })
  stream.on('data', (chunk: Buffer) => {
    parser.parse(chunk)
  })
  for (const event of ['close', 'end', 'error'])
    stream.on(event, () => {
      state.closed = true
      wake()
    })
  const until = async (done: () => boolean): Promise<void> => {
    const wait = { over: false }
    const timer = setTimeout(() => {
      wait.over = true
      wake()
    }, QUIET_MS)
    while (!state.closed && !wait.over && !done()) await new Promise<void>((resolve) => (wake = resolve))
    clearTimeout(timer)
  }
  stream.write(hello)
  await until(() => said.length > 0)
  const whole = Buffer.concat(packets)
  for (const part of [whole.subarray(0, cut), whole.subarray(cut)]) if (part.length > 0) stream.write(part)
  await until(() => said.length > packets.length)
  const answers = said.slice().sort().join(' ')
  const before = said.length
  if (!state.closed && ending !== undefined) stream.write(ending.bytes)
  if (!state.closed) stream.write(mqttPacket.generate({ cmd: 'pingreq' }))
  await until(() => said.length > before)
  const end = state.closed ? 'closed' : 'open'
  stream.destroy()
  return { answers, end }
}

async function ownHub(): Promise<Broker & { readonly hello: Buffer }> {
  const hub = createHub({ settings: { journalRetained: 100, telemetryRetained: 100 } })
  const { authentication } = hub.registry.create({ deviceId: 'd1' })
  const server = await createMqttServer(hub)
  const sr = encodeURIComponent(`${hub.hostName}/devices/d1`)
  const se = Math.floor(Date.now() / 1000) + 86_400
  const key = Buffer.from(authentication.symmetricKey.primaryKey ?? '', 'base64')
  const sig = encodeURIComponent(createHmac('sha256', key).update(`${sr}\n${se}`).digest('base64'))
  const hello = mqttPacket.generate({
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'd1', keepalive: 60 },
    username: `${hub.hostName}/d1/?api-version=2021-04-12`,
    password: Buffer.from(`SharedAccessSignature sr=${sr}&sig=${sig}&se=${se}`),
  })
  return {
    name: 'the hub',
    hello,
    dial: () => {
      const [near, far] = duplexPair()
      far.on('close', () => {
        near.destroy()
      })
      server.accept(far, { transport: 'mqtt', peer: 'differential' })
      return Promise.resolve(near)
    },
    stop: async () => {
      await server.stop()
      hub.stop()
    },
  }
}

async function aedes(): Promise<Broker> {
  const broker = await Aedes.createBroker()
  return {
    name: 'aedes',
    dial: () => {
      const [near, far] = duplexPair()
      far.on('close', () => {
        near.destroy()
      })
      broker.handle(far)
      return Promise.resolve(near)
    },
    stop: () =>
      new Promise<void>((resolve) => {
        broker.close(() => {
          resolve()
        })
      }),
  }
}

/** @returns none where mosquitto is not installed. */
async function mosquitto(): Promise<readonly Broker[]> {
  if (spawnSync('mosquitto', ['-h']).error !== undefined) return []
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-mosquitto-'))
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo // a listening TCP server has one
  probe.close()
  await once(probe, 'close')
  const config = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'log_dest none', 'user root']
  writeFileSync(join(folder, 'mosquitto.conf'), `${config.join('\n')}\n`)
  const child: ChildProcess = spawn('mosquitto', ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' })
  const dial = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        resolve(socket)
      })
      socket.once('error', reject)
    })
  for (;;) {
    const up = await dial().then(
      (socket) => {
        socket.destroy()
        return true
      },
      () => false,
    )
    if (up || child.exitCode !== null) break
  }
  return [
    {
      ...{ name: 'mosquitto', dial },
      stop: async () => {
        child.kill()
        await once(child, 'exit')
        rmSync(folder, { recursive: true })
      },
    },
  ]
}
