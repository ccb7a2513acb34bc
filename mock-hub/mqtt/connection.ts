/**
 * The gate: one MQTT connection between its stream and the broker (decision 5). Packets are handled strictly one after
 * the other. Publishes go to the core and deliveries come from it; the rest is the broker's work, under the hub's rules.
 */

import type { Duplex } from 'node:stream'
import type { CloseReason, Hub } from '../core/contract.ts'
import type { Explanation, HubError } from '../core/errors.ts'
import { admit } from './admission.ts'
import type { Broker, Guest, Seat } from './broker.ts'
import {
  connectTimeout,
  malformed,
  notConnectFirst,
  secondConnect,
  silence,
  tooManyFilters,
  unsupportedFilter,
  unsupportedProtocol,
} from './broken-rules.ts'
import { Exchange } from './exchange.ts'
import type { ExchangePort } from './exchange.ts'
import { FrameReader, MalformedPacket } from './frames.ts'
import { KeepAlive } from './keep-alive.ts'
import { Outbound } from './outbound.ts'
import type { Publication } from './outbound.ts'
import {
  TYPE,
  cappedSubscribe,
  connack,
  parsePacket,
  readProtocol,
  suback,
  withoutKeepAlive,
} from './packets.ts'
import type { ConnectPacket } from './packets.ts'
import { redactedPassword, toHubError } from './refusals.ts'
import { channelsOf } from './subscriptions.ts'
import { parseFilter } from './topics.ts'
import type { Filter } from './topics.ts'
import { Wire } from './wire.ts'

export interface ConnectionInfo {
  readonly transport: 'mqtt' | 'mqtt-ws'
  readonly peer: string
  /** The TLS client certificate in DER, leaf first. */
  readonly certificates?: readonly Buffer[] | undefined
}

/** What a connection needs of the room. */
export interface ConnectionPort {
  readonly hub: Hub
  readonly broker: Broker
  /** This connection now stands for the identity. @returns the one that did before. */
  claim(key: string, connection: Connection): Connection | undefined
  left(connection: Connection): void
}

/** Room for the topic of the largest message: the fixed header tells only both together. */
const TOPIC_ROOM = 4_096
const MOST_FILTERS = 5
/** The broker's own packets are small. */
const BROKER_LIMIT = 65_536

interface PendingSubscribe {
  readonly packetId: number
  readonly filters: readonly { readonly text: string; readonly filter: Filter; readonly qos: 0 | 1 }[]
}

export class Connection implements Guest, ExchangePort {
  readonly linkId: string
  readonly transport: 'mqtt' | 'mqtt-ws'
  readonly hub: Hub
  readonly out: Outbound
  /** Settles when the broker has let go of it: only then may another take its place there. */
  readonly gone: Promise<void>
  readonly #room: ConnectionPort
  readonly #info: ConnectionInfo
  readonly #wire: Wire
  readonly #frames: FrameReader
  readonly #brokerFrames = new FrameReader(BROKER_LIMIT)
  #seat: Seat | undefined
  #resolveGone: () => void = () => undefined
  #stage: 'new' | 'joining' | 'up' | 'over' = 'new'
  /** A packet is in work that must be finished before the next one. */
  #busy = false
  /** DISCONNECT has come: the will is void. */
  #graceful = false
  #exchange: Exchange | undefined
  /** Client id of CONNECT: whom a refusal is about, believed or not. */
  #claimed: string | undefined
  #pending: PendingSubscribe | undefined
  #keepAlive: KeepAlive | undefined
  #cancelConnectTimer: () => void

  constructor(room: ConnectionPort, linkId: string, stream: Duplex, info: ConnectionInfo) {
    this.linkId = linkId
    this.transport = info.transport
    this.hub = room.hub
    this.#room = room
    this.#info = info
    this.gone = new Promise((resolve) => (this.#resolveGone = resolve))
    const { settings, clock, journal } = room.hub
    this.#frames = new FrameReader(settings.maxTelemetryBytes + TOPIC_ROOM)
    this.out = new Outbound(
      {
        write: (bytes) => {
          this.#wire.write(bytes)
        },
        record: (cmd, packet) => {
          this.record('out', cmd, packet)
        },
      },
      settings.maxUnacknowledged,
    )
    journal.record({ is: 'link-opened', linkId, transport: info.transport, peer: info.peer })
    this.#cancelConnectTimer = clock.schedule(settings.connectTimeoutSeconds * 1000, () => {
      this.refuse(connectTimeout(settings.connectTimeoutSeconds, this.#frames.pending))
    })
    this.#wire = new Wire(stream, clock, {
      onBytes: (chunk) => {
        this.#received(chunk)
      },
      onGone: (reason) => {
        this.#end(reason)
      },
    })
  }

  /** `d1` or `d1/m1`, once CONNECT has been believed. */
  get identity(): string | undefined {
    return this.#exchange?.key
  }

  get up(): boolean {
    return this.#stage === 'up'
  }

  // ---- ExchangePort

  record(direction: 'in' | 'out', cmd: string, packet: object): void {
    const identity = this.#exchange?.key
    if (identity === undefined) {
      this.hub.journal.record({ is: 'packet', linkId: this.linkId, direction, cmd, packet })
    } else {
      this.hub.journal.record({ is: 'packet', linkId: this.linkId, identity, direction, cmd, packet })
    }
  }

  puback(packetId: number): void {
    if (this.#stage === 'up') this.out.puback(packetId)
  }

  answerTwin(answer: Publication): void {
    if (this.#stage === 'up') this.out.publish(answer)
  }

  refused(error: HubError): void {
    const identity = this.#claimed
    this.hub.refuse(error, {
      ...(identity === undefined ? {} : { identity }),
      linkId: this.linkId,
      transport: this.transport,
    })
  }

  refuse(error: HubError): void {
    this.refused(error)
    this.close('refused')
  }

  close(reason: CloseReason, explanation?: Explanation): void {
    this.#end(explanation === undefined ? reason : `${reason}: ${explanation.received}`)
    this.#wire.hangUp()
  }

  /** Ends it at once, without lingering: the room is closing. */
  destroy(): void {
    this.#end('hub-stopped')
    this.#wire.destroy()
  }

  // ---- Guest: what the broker asks and tells

  async authenticate(): Promise<number> {
    const exchange = this.#exchange
    if (exchange === undefined) return 5
    try {
      const before = this.#room.claim(exchange.key, this)
      exchange.openSession()
      if (before !== undefined) {
        before.close('taken-over')
        await before.gone
      }
      return this.#stage === 'joining' ? 0 : 5
    } catch (error) {
      const refused = toHubError(error)
      this.refused(refused)
      return refusalCode(refused)
    }
  }

  restored(text: string, qos: number): void {
    const exchange = this.#exchange
    const filter = exchange && parseFilter(text, exchange.caller.principal.identity)
    if (filter !== undefined) exchange?.subscriptions.put(text, filter, qos === 0 ? 0 : 1)
  }

  willDue(): void {
    if (!this.#graceful) this.#exchange?.publishWill()
  }

  brokerClosed(): void {
    this.#resolveGone()
    this.close('refused')
  }

  fromBroker(bytes: Buffer): void {
    this.#brokerFrames.push(bytes)
    while (this.#stage !== 'over' && this.#brokerFrames.next()) {
      const { buffer, header, start, body, end } = this.#brokerFrames
      const frame = buffer.subarray(start, end)
      switch (header >> 4) {
        case TYPE.connack:
          this.#connected(frame, buffer[body] === 1, buffer[body + 1] ?? 5)
          break
        case TYPE.suback:
          this.#subscribed()
          break
        case TYPE.unsuback:
          this.#answer('unsuback', frame, { cmd: 'unsuback', messageId: buffer.readUInt16BE(body) })
          this.#proceed()
          break
        case TYPE.pingresp:
          this.#answer('pingresp', frame, { cmd: 'pingresp' })
          break
      }
    }
  }

  // ---- from the client

  #received(chunk: Buffer): void {
    this.#keepAlive?.heard()
    this.#frames.push(chunk)
    this.#pump()
  }

  /** Handles what has arrived, up to a packet that takes time. */
  #pump(): void {
    this.out.cork()
    try {
      while (!this.#busy && this.#stage !== 'over' && this.#frames.next()) this.#packet(this.#frames)
    } catch (error) {
      this.#garbage(error)
    }
    this.out.uncork()
  }

  #packet(frames: FrameReader): void {
    const type = frames.header >> 4
    if (type === TYPE.publish && this.#stage === 'up') {
      const work = this.#exchange?.publish(frames)
      if (work !== undefined) this.#await(work)
      return
    }
    const frame = frames.buffer.subarray(frames.start, frames.end)
    if (this.#stage === 'new') {
      if (type !== TYPE.connect) this.refuse(notConnectFirst(type))
      else this.#connect(frame, frames.body - frames.start)
      return
    }
    this.#control(type, frame)
  }

  #control(type: number, frame: Buffer): void {
    if (type === TYPE.connect) {
      this.refuse(secondConnect())
      return
    }
    const packet = parsePacket(frame)
    this.record('in', packet.cmd, packet)
    switch (packet.cmd) {
      case 'puback':
        this.#exchange?.acknowledged(packet.messageId ?? 0)
        break
      case 'subscribe':
        this.#subscribe(packet.messageId ?? 0, packet.subscriptions)
        break
      case 'unsubscribe':
        if ((packet.messageId ?? 0) === 0) throw new MalformedPacket('UNSUBSCRIBE with packet id 0')
        for (const filter of packet.unsubscriptions) this.#exchange?.subscriptions.delete(filter)
        this.#wait()
        this.#seat?.feed(frame)
        break
      case 'pingreq':
        this.#seat?.feed(frame)
        break
      case 'disconnect':
        this.#graceful = true
        this.#end('disconnect')
        this.#wire.hangUp()
        break
      default:
        throw new MalformedPacket(`${packet.cmd.toUpperCase()} is not for a client to send here`)
    }
  }

  #connect(frame: Buffer, body: number): void {
    this.#cancelConnectTimer()
    const protocol = readProtocol(frame, body)
    if (protocol.name !== 'MQTT' || protocol.level !== 4) {
      this.refused(unsupportedProtocol(protocol.name, protocol.level))
      this.#answer('connack', connack(1), { cmd: 'connack', returnCode: 1, sessionPresent: false })
      this.close('refused')
      return
    }
    const packet = parsePacket(frame) as ConnectPacket // its first byte says so
    this.#stage = 'joining'
    this.#claimed = packet.clientId
    this.record('in', 'connect', { ...packet, password: redactedPassword(packet.password) })
    try {
      const admitted = admit(this.hub, packet, this.#info.certificates)
      this.#exchange = new Exchange(this, admitted, packet.will)
      const { keepAliveCapSeconds, cleanSessionPurgesC2d } = this.hub.settings
      if (packet.clean === true && cleanSessionPurgesC2d) this.hub.c2d.purge(admitted.principal.identity)
      this.#keepAlive = new KeepAlive(this.hub.clock, packet.keepalive ?? 0, keepAliveCapSeconds, (ms) => {
        this.refuse(silence(ms))
      })
    } catch (error) {
      const refused = toHubError(error)
      this.refused(refused)
      const returnCode = refusalCode(refused)
      this.#answer('connack', connack(returnCode), { cmd: 'connack', returnCode, sessionPresent: false })
      this.close('refused')
      return
    }
    this.#wait()
    this.#seat = this.#room.broker.enter(this)
    this.#seat.feed(withoutKeepAlive(frame, body))
  }

  #connected(frame: Buffer, sessionPresent: boolean, returnCode: number): void {
    const up = returnCode === 0
    if (up) this.#stage = 'up'
    this.#answer('connack', frame, { cmd: 'connack', returnCode, sessionPresent })
    if (!up) {
      this.close('refused')
      return
    }
    // Before anything the client has sent after CONNECT: what was queued comes right after CONNACK (WIRE-SESS-03).
    const exchange = this.#exchange
    if (exchange !== undefined) exchange.ready(exchange.subscriptions.channels)
    this.#proceed()
  }

  #subscribe(packetId: number, asked: readonly { topic: string; qos: number }[]): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    if (packetId === 0 || asked.length === 0)
      throw new MalformedPacket('SUBSCRIBE without packet id or filter')
    const filters: PendingSubscribe['filters'][number][] = []
    const distinct = new Set(
      asked.map(({ topic }) => topic).filter((text) => !exchange.subscriptions.has(text)),
    )
    for (const { topic, qos } of asked) {
      const filter = parseFilter(topic, exchange.caller.principal.identity)
      if (filter === undefined) {
        this.refuse(unsupportedFilter(topic, exchange.key))
        return
      }
      filters.push({ text: topic, filter, qos: qos === 0 ? 0 : 1 })
    }
    const total = exchange.subscriptions.size + distinct.size
    if (total > MOST_FILTERS && !this.#sixthAllowed(total)) return
    this.#pending = { packetId, filters }
    this.#wait()
    this.#seat?.feed(cappedSubscribe(packetId, filters))
  }

  #subscribed(): void {
    const { packetId, filters } = this.#pending ?? { packetId: 0, filters: [] }
    this.#pending = undefined
    const granted = filters.map(({ qos }) => qos)
    for (const { text, filter, qos } of filters) this.#exchange?.subscriptions.put(text, filter, qos)
    this.#answer('suback', suback(packetId, granted), { cmd: 'suback', messageId: packetId, granted })
    this.#exchange?.ready([...new Set(filters.flatMap(({ filter }) => channelsOf(filter)))])
    this.#proceed()
  }

  /** The one place where the broker's answers leave. */
  #answer(cmd: 'connack' | 'suback' | 'unsuback' | 'pingresp', bytes: Buffer, packet: object): void {
    this.record('out', cmd, packet)
    this.out.send(bytes)
  }

  // ---- order

  #wait(): void {
    this.#busy = true
    this.#wire.hold()
  }

  #proceed(): void {
    this.#busy = false
    if (this.#stage === 'over') return
    this.#wire.release()
    this.#pump()
  }

  #await(work: Promise<undefined>): void {
    this.#wait()
    void work.then(() => {
      this.#proceed()
    })
  }

  // ---- the end

  #end(reason: string): void {
    if (this.#stage === 'over') return
    this.#stage = 'over'
    this.#cancelConnectTimer()
    this.#keepAlive?.stop()
    const identity = this.#exchange?.key
    this.hub.journal.record({
      is: 'link-closed',
      linkId: this.linkId,
      ...(identity === undefined ? {} : { identity }),
      reason,
    })
    if (this.#seat === undefined) this.#resolveGone()
    else this.#seat.leave()
    this.#exchange?.ended()
    this.#room.left(this)
  }

  #garbage(error: unknown): void {
    const known = error instanceof MalformedPacket
    this.refuse(known ? malformed(error, this.hub.settings.maxTelemetryBytes) : toHubError(error))
  }

  #sixthAllowed(total: number): boolean {
    const { settings, logger } = this.hub
    if (settings.closeOnSixthSubscription) {
      this.refuse(tooManyFilters(total, MOST_FILTERS))
      return false
    }
    logger.warn(`${this.#claimed ?? ''} has ${total} subscriptions; the service allows ${MOST_FILTERS}`)
    return true
  }
}

/** A refusal for credentials is always 5; throttling and the hub's own trouble are 3 (wire contract 1.7). */
function refusalCode(error: HubError): number {
  return error.status === 429 || error.status >= 500 ? 3 : 5
}
