/**
 * What holds for every packet of a hub on every connection of a device, whatever the scenario is about: acknowledgements,
 * packet ids, topics, request ids and versions (docs/contract/mqtt.md, methods.md, twins.md).
 */

import type { Packet } from 'mqtt-packet'
import { jsonOf } from '../raw-clients/https-client.ts'

/** A packet that a device has sent or received; raw bytes that it has sent are `undefined`. */
export interface Wired {
  readonly from: 'device' | 'hub'
  readonly packet: Fields | undefined
}

/** The fields that the rules read. */
export interface Fields {
  readonly cmd: Packet['cmd']
  readonly topic?: string | undefined
  readonly payload?: Buffer | string | undefined
  readonly qos?: number | undefined
  readonly dup?: boolean | undefined
  readonly retain?: boolean | undefined
  readonly messageId?: number | undefined
  readonly returnCode?: number | undefined
  readonly sessionPresent?: boolean | undefined
  readonly granted?: readonly (number | object)[] | undefined
  readonly clean?: boolean | undefined
  readonly clientId?: string | undefined
  readonly username?: string | undefined
  readonly subscriptions?: readonly { readonly topic: string; readonly qos: number }[] | undefined
  readonly unsubscriptions?: readonly string[] | undefined
}

/** @returns a sentence for each violation. @param earlier filters of earlier connections of the same session. */
export function packetProblems(log: readonly Wired[], earlier: ReadonlySet<string>): readonly string[] {
  const connection = new Connection(earlier)
  for (const { from, packet } of log) {
    if (packet === undefined) connection.sentBytes()
    else if (from === 'device') connection.sent(packet)
    else connection.received(packet)
  }
  return connection.problems
}

/** Packets of a device that the hub must not send. */
const OF_DEVICES = [
  'connect',
  'subscribe',
  'unsubscribe',
  'pingreq',
  'disconnect',
  'pubrec',
  'pubrel',
  'pubcomp',
]
const FAILED = 128

class Connection {
  readonly problems: string[] = []
  readonly #earlier: ReadonlySet<string>
  #connect: Fields | undefined
  #accepted: Fields | undefined
  /** Raw bytes were sent: nobody knows what they ask for. */
  #isRaw = false
  #pings = 0
  /** What waits for an acknowledgement of the hub, by its command. */
  readonly #asked = new Map<string, Fields[]>([
    ['puback', []],
    ['suback', []],
    ['unsuback', []],
  ])
  /** Deliveries that the device has not acknowledged, by packet id. */
  readonly #open = new Map<number, string>()
  readonly #filters = new Map<string, number>()
  /** Request ids of the device for its twin. */
  readonly #requests = new Map<string, 'GET' | 'PATCH'>()
  readonly #methods = new Set<string>()
  #version = 0

  constructor(earlier: ReadonlySet<string>) {
    this.#earlier = earlier
  }

  sentBytes(): void {
    this.#isRaw = true
  }

  sent(packet: Fields): void {
    const { cmd, messageId, qos, topic = '' } = packet
    if (cmd === 'connect') this.#connect ??= packet
    else if (cmd === 'pingreq') this.#pings++
    else if (cmd === 'puback') this.#open.delete(messageId ?? 0)
    else if (cmd === 'subscribe') this.#asked.get('suback')?.push(packet)
    else if (cmd === 'unsubscribe') {
      this.#asked.get('unsuback')?.push(packet)
    } else if (cmd === 'publish') {
      if (qos === 1) this.#asked.get('puback')?.push(packet)
      const [, kind, rid] = /^\$iothub\/twin\/(GET|PATCH)\/.*[?&]\$rid=([^&]*)/.exec(topic) ?? []
      if (rid !== undefined) this.#requests.set(rid, kind as 'GET' | 'PATCH') // of the pattern
    }
  }

  received(packet: Fields): void {
    const { cmd } = packet
    if (OF_DEVICES.includes(cmd)) this.#wrong(`the hub sent ${cmd}`)
    if (cmd === 'connack') this.#connack(packet)
    else if (this.#accepted === undefined && !this.#isRaw) this.#wrong(`${cmd} before CONNACK`)
    else if (cmd === 'pingresp') {
      if (--this.#pings < 0 && !this.#isRaw) this.#wrong('PINGRESP without PINGREQ')
    } else if (this.#asked.has(cmd)) this.#acknowledged(packet)
    else if (cmd === 'publish') this.#published(packet)
  }

  #wrong(what: string): void {
    this.problems.push(what)
  }

  #connack(packet: Fields): void {
    const { returnCode, sessionPresent } = packet
    if (this.#accepted !== undefined) this.#wrong('a second CONNACK')
    if (returnCode !== 0) {
      if (sessionPresent === true) this.#wrong('a refusal with a session')
      return
    }
    this.#accepted = packet
    if (this.#connect?.clean === true && sessionPresent === true) this.#wrong('a clean session is present')
  }

  /** In the order of the requests, each once, with the id of its request (MQTT 3.1.1, 4.6). */
  #acknowledged({ cmd, messageId, granted }: Fields): void {
    if (this.#isRaw) return
    const waiting = this.#asked.get(cmd) ?? []
    const at = waiting.findIndex((one) => one.messageId === messageId)
    const [asked] = at < 0 ? [] : waiting.splice(at, 1)
    if (asked === undefined) {
      this.#wrong(`${cmd} ${String(messageId)} without a request`)
      return
    }
    if (at > 0 && cmd === 'puback') this.#wrong(`puback ${String(messageId)} before an earlier one`)
    if (cmd === 'unsuback') for (const filter of asked.unsubscriptions ?? []) this.#filters.delete(filter)
    if (cmd !== 'suback') return
    const filters = asked.subscriptions ?? []
    if (granted?.length !== filters.length) this.#wrong('SUBACK has not one code for each filter')
    for (const [index, { topic, qos }] of filters.entries()) {
      const code = Number(granted?.[index])
      if (code !== FAILED && code !== Math.min(qos, 1))
        this.#wrong(`SUBACK grants ${String(code)} to QoS ${String(qos)}`)
      if (code !== FAILED) this.#filters.set(topic, code)
    }
  }

  #published(packet: Fields): void {
    const { topic = '', qos = 0, messageId, retain, dup } = packet
    if (retain === true) this.#wrong(`${topic} is retained`)
    if (qos > 1) this.#wrong(`${topic} has QoS 2`)
    if (qos === 1) {
      if (messageId === undefined || messageId < 1) this.#wrong(`${topic} has no packet id`)
      else {
        // What is sent again keeps its id.
        const content = `${topic} ${packet.payload?.toString() ?? ''}`
        const before = this.#open.get(messageId)
        if (before !== undefined && before !== content)
          this.#wrong(`packet id ${String(messageId)} is in flight`)
        this.#open.set(messageId, content)
      }
    } else if (dup === true) this.#wrong(`${topic} is a duplicate with QoS 0`)
    if (this.#connect === undefined || this.#connect.username?.includes('/registrations/') === true) return
    this.#subscribed(packet)
    this.#content(packet)
  }

  /** Only to what the device listens to, and not above the QoS that was granted. */
  #subscribed({ topic = '', qos = 0 }: Fields): void {
    const own = [...this.#filters].filter(([filter]) => matches(filter, topic))
    if (own.length === 0) {
      const isKept = this.#accepted?.sessionPresent === true || this.#isRaw
      if (!isKept || ![...this.#earlier].some((filter) => matches(filter, topic)))
        // A subscription counts from its SUBACK on; messages may come just before it.
        if (!this.#isAsked(topic)) this.#wrong(`${topic} without a subscription`)
      return
    }
    const most = Math.max(...own.map(([, granted]) => granted))
    if (qos > most) this.#wrong(`${topic} with QoS ${String(qos)} where ${String(most)} was granted`)
  }

  #isAsked(topic: string): boolean {
    return (this.#asked.get('suback') ?? []).some(({ subscriptions = [] }) =>
      subscriptions.some((one) => matches(one.topic, topic)),
    )
  }

  #content({ topic = '', payload = '' }: Fields): void {
    const { clientId = '' } = this.#connect ?? {}
    const [device = '', module] = clientId.split('/')
    const root = module === undefined ? `devices/${device}` : `devices/${device}/modules/${module}`
    const body = payload.toString()
    if (
      topic.startsWith(`${root}/messages/devicebound/`) ||
      (module !== undefined && topic.startsWith(`${root}/inputs/`))
    )
      return
    const method = /^\$iothub\/methods\/POST\/([^/]+)\/\?\$rid=([^&]+)$/.exec(topic)
    if (method !== null) {
      const [, , rid = ''] = method
      if (this.#methods.has(rid)) this.#wrong(`the call ${rid} came twice`)
      this.#methods.add(rid)
      if (body !== '' && jsonOf(body) === undefined) this.#wrong('the request of a method is no JSON')
      return
    }
    const patch = /^\$iothub\/twin\/PATCH\/properties\/desired\/\?\$version=(\d+)$/.exec(topic)
    if (patch !== null) {
      const version = Number(patch[1])
      const json = jsonOf(body) as { readonly $version?: unknown } | undefined
      if (json?.$version !== version) this.#wrong(`the patch ${topic} says ${body.slice(0, 80)}`)
      if (version <= this.#version)
        this.#wrong(`the version ${String(version)} after ${String(this.#version)}`)
      this.#version = version
      return
    }
    this.#answer(topic, body)
  }

  /** The answer to a request for the twin: once for each, with what its kind has. */
  #answer(topic: string, body: string): void {
    const [, status, rid = '', version] =
      /^\$iothub\/twin\/res\/(\d{3})\/\?\$rid=([^&]*)(?:&\$version=(\d+))?$/.exec(topic) ?? []
    if (status === undefined) {
      this.#wrong(`the topic ${topic}`)
      return
    }
    const kind = this.#requests.get(rid)
    this.#requests.delete(rid)
    if (this.#isRaw) return
    if (kind === undefined) {
      this.#wrong(`the answer ${topic} without a request`)
      return
    }
    if (status === '200' && kind === 'GET') {
      const twin = jsonOf(body) as Readonly<Record<string, { readonly $version?: unknown }>> | undefined
      if (!['desired', 'reported'].every((name) => Number.isInteger(twin?.[name]?.$version)))
        this.#wrong(`the twin is ${body.slice(0, 80)}`)
      if (body.includes('$metadata')) this.#wrong('the device reads metadata')
      if (Object.keys(twin ?? {}).length !== 2)
        this.#wrong(`the twin has ${Object.keys(twin ?? {}).join(', ')}`)
      if (version !== undefined) this.#wrong(`${topic} has a version`)
    } else if (status === '204' && kind === 'PATCH') {
      if (body !== '' || version === undefined) this.#wrong(`a patch is answered with ${topic} and "${body}"`)
    } else if (Number(status) < 400) this.#wrong(`${kind} is answered with ${status}`)
    else if (
      String(Math.floor(Number((jsonOf(body) as { errorCode?: unknown } | undefined)?.errorCode) / 1_000)) !==
      status
    )
      this.#wrong(`the refusal ${status} says ${body.slice(0, 80)}`)
  }
}

/** Whether a topic matches a filter (MQTT 3.1.1, 4.7); filters of devices end with `#` or name a topic. */
function matches(filter: string, topic: string): boolean {
  const parts = filter.split('/')
  const levels = topic.split('/')
  for (const [index, part] of parts.entries()) {
    if (part === '#') return true
    if (index >= levels.length || (part !== '+' && part !== levels[index])) return false
  }
  return parts.length === levels.length
}
