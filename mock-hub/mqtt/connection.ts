/**
 * The gate: one MQTT connection between its stream and the broker (decision 5). Packets are handled strictly one after
 * the other. Publishes go to the core and deliveries come from it; the rest is the broker's work, under the hub's rules.
 */

import type { Duplex } from 'node:stream'
import type { Hub } from '../core/contract/hub.ts'
import type { CloseReason } from '../core/contract/sessions.ts'
import { type Explanation, type HubError, toHubError } from '../core/errors/hub-error.ts'
import { admit } from './admission.ts'
import { Responder } from './responder.ts'
import type { ResponderPort } from './responder.ts'
import type { Broker, BrokerClient, BrokerSession } from './broker.ts'
import {
  connectTimeout,
  malformed,
  notConnectFirst,
  secondConnect,
  silence,
  unsupportedProtocol,
} from './protocol-errors.ts'
import { DeviceSession } from './device-session.ts'
import type { DeviceSessionPort } from './device-session.ts'
import { type ConnectionInfo, journalled } from './connection-info.ts'
import { FrameReader, MalformedPacket } from './codec/frames.ts'
import { KeepAlive } from './keep-alive.ts'
import type { InjectedFault, InjectedFaults } from './faults/injected-faults.ts'
import { OutgoingQueue } from './outgoing-queue.ts'
import type { OutgoingQueuePort } from './outgoing-queue.ts'
import { number } from './faults/packet-faults.ts'
import {
  TYPE,
  checkConnectFlags,
  connack,
  parsePacket,
  readProtocol,
  withoutKeepAlive,
} from './codec/packets.ts'
import type { ConnectPacket } from './codec/packets.ts'
import { redactedPassword, refusalCode } from './refusals.ts'
import type { TwinAnswer } from './requests.ts'
import { STREAM_EFFECTS, injectStreamFault } from '../net/stream-faults.ts'
import { FaultedStream } from '../net/stream.ts'

/** What a connection needs of the room. */
export interface ConnectionPort {
  readonly hub: Hub
  readonly broker: Broker
  readonly injected: InjectedFaults
  /** This connection now stands for the identity. @returns the one that did before. */
  claim(key: string, connection: Connection): Connection | undefined
  left(connection: Connection): void
  /** Packet ids that stored sessions have in use, by identity. */
  readonly packetIds: Map<string, ReadonlyMap<string, number>>
}

/** Room for the topic of the largest message: the fixed header tells only both together. */
const TOPIC_ROOM = 4_096
/** Levers of CONNACK that strike before the device is looked at. */
const CONNECT_EFFECTS = ['code', 'withhold', 'close']
/** The broker's own packets are small. */
const BROKER_LIMIT = 65_536

export class Connection implements BrokerClient, DeviceSessionPort, ResponderPort, OutgoingQueuePort {
  readonly linkId: string
  readonly transport: 'mqtt' | 'mqtt-ws'
  readonly hub: Hub
  readonly out: OutgoingQueue
  readonly injected: InjectedFaults
  /** The session ends with the connection. */
  clean = true
  /** Settles when the broker has let go of it: only then may another take its place there. */
  readonly gone: Promise<void>
  readonly #room: ConnectionPort
  readonly #info: ConnectionInfo
  readonly #wire: FaultedStream
  readonly #frames: FrameReader
  /** The beginning of a packet of the broker that came in pieces. */
  #brokerRest: Buffer | undefined
  readonly #answers: Responder
  #seat: BrokerSession | undefined
  #resolveGone: () => void = () => undefined
  #stage: 'new' | 'joining' | 'up' | 'over' = 'new'
  /** A packet is in work that must be finished before the next one. */
  #busy = false
  /** A lever has struck the stream; one is enough. */
  #struck = false
  /** DISCONNECT has come: the will is void. */
  #graceful = false
  #exchange: DeviceSession | undefined
  /** Client id of CONNECT: whom a refusal is about, believed or not. */
  #claimed: string | undefined
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
    this.injected = room.injected
    this.#answers = new Responder(this)
    this.#frames = new FrameReader(settings.maxTelemetryBytes + TOPIC_ROOM)
    this.out = new OutgoingQueue(this, settings.maxUnacknowledged)
    journal.record({ type: 'link-opened', linkId, ...journalled(info) })
    this.#cancelConnectTimer = clock.schedule(settings.connectTimeoutSeconds * 1000, () => {
      this.refuse(connectTimeout(settings.connectTimeoutSeconds, this.#frames.pending))
    })
    this.#wire = new FaultedStream(stream, clock, {
      onBytes: (chunk) => {
        this.#received(chunk)
      },
      onGone: (reason) => {
        this.#end(reason)
      },
    })
    this.strike(STREAM_EFFECTS)
  }

  /** `d1` or `d1/m1`, once CONNECT has been believed. */
  get identity(): string | undefined {
    return this.#exchange?.key
  }

  get up(): boolean {
    return this.#stage === 'up'
  }

  get over(): boolean {
    return this.#stage === 'over'
  }

  /** Whom the link stands for, or claims to. */
  get key(): string | undefined {
    return this.#claimed
  }

  // ---- OutboundPort

  write(bytes: Buffer): void {
    this.#wire.write(bytes)
  }

  recordOut(cmd: string, packet: object): void {
    this.record('out', cmd, packet)
  }

  // ---- ExchangePort

  record(direction: 'in' | 'out', cmd: string, packet: object): void {
    const identity = this.#exchange?.key
    if (identity === undefined) {
      this.hub.journal.record({ type: 'packet', linkId: this.linkId, direction, cmd, packet })
    } else {
      this.hub.journal.record({ type: 'packet', linkId: this.linkId, identity, direction, cmd, packet })
    }
  }

  puback(packetId: number): void {
    this.#answers.puback(packetId)
  }

  answerTwin(answer: TwinAnswer, qos: 0 | 1): void {
    this.#answers.twin(answer, qos)
  }

  inject(fault: InjectedFault): boolean {
    return this.injected.begin(this.identity ?? '', fault, () => {
      this.#drop()
    })
  }

  /** Lets armed levers of the socket strike this link. */
  strike(effects: readonly string[]): void {
    if (this.hub.faults.idle || this.#stage === 'over') return
    const met = this.hub.faults.match('tcp', this.identity, effects)
    if (met === undefined) return
    this.#struck = true
    injectStreamFault(met.effect, met.parameters, this.#wire, this.hub.clock, {
      drop: () => {
        this.#drop()
      },
      reset: () => {
        this.#end('fault')
        this.#wire.abandon()
        if (this.#info.reset === undefined) this.#wire.destroy()
        else this.#info.reset()
      },
    })
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

  #drop(): void {
    this.#end('fault')
    this.#wire.destroy()
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
      // Who is refused here takes nobody's place.
      exchange.openSession()
      const before = this.#room.claim(exchange.key, this)
      if (before !== undefined) {
        before.close('taken-over')
        await before.gone
      }
      if (this.clean) this.#room.packetIds.delete(exchange.key)
      else this.out.resume(this.#room.packetIds.get(exchange.key))
      return this.#stage === 'joining' ? 0 : 5
    } catch (error) {
      const refused = toHubError(error)
      this.refused(refused)
      return refusalCode(refused)
    }
  }

  restored(text: string, qos: number): void {
    this.#exchange?.restored(text, qos)
  }

  willDue(): void {
    if (!this.#graceful) this.#exchange?.publishWill()
  }

  brokerClosed(): void {
    this.#resolveGone()
    this.close('refused')
  }

  fromBroker(bytes: Buffer): void {
    const frames = new FrameReader(BROKER_LIMIT)
    frames.push(this.#brokerRest === undefined ? bytes : Buffer.concat([this.#brokerRest, bytes]))
    while (this.#stage !== 'over' && frames.next()) {
      const { buffer, header, start, body, end } = frames
      const frame = buffer.subarray(start, end)
      switch (header >> 4) {
        case TYPE.connack:
          this.#connected(buffer[body] === 1, buffer[body + 1] ?? 5)
          break
        case TYPE.suback:
          this.#subscribed()
          break
        case TYPE.unsuback:
          this.#answers.unsuback(buffer.readUInt16BE(body), frame)
          this.#proceed()
          break
        case TYPE.pingresp:
          this.#answers.pingresp(frame)
          break
      }
    }
    this.#brokerRest = frames.rest
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
      case 'subscribe': {
        const forBroker = this.#exchange?.subscribe(packet.messageId ?? 0, packet.subscriptions)
        if (forBroker === undefined) break
        this.#wait()
        this.#seat?.feed(forBroker)
        break
      }
      case 'unsubscribe':
        if ((packet.messageId ?? 0) < 1 || packet.unsubscriptions.length === 0)
          throw new MalformedPacket('UNSUBSCRIBE without packet id or filter')
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
      this.#turnAway(1)
      return
    }
    checkConnectFlags(protocol.flags)
    const packet = parsePacket(frame) as ConnectPacket // its first byte says so
    this.#stage = 'joining'
    this.#claimed = packet.clientId
    this.record('in', 'connect', { ...packet, password: redactedPassword(packet.password) })
    if (this.#connectFaulted()) return
    try {
      const admitted = admit(this.hub, packet, this.#info.certificates)
      this.#exchange = new DeviceSession(this, admitted, packet.will)
      this.clean = packet.clean ?? true
      const { keepAliveCapSeconds, cleanSessionPurgesC2d } = this.hub.settings
      if (this.clean && cleanSessionPurgesC2d) this.hub.c2d.purge(admitted.principal.identity)
      this.#keepAlive = new KeepAlive(this.hub.clock, packet.keepalive ?? 0, keepAliveCapSeconds, (ms) => {
        this.refuse(silence(ms))
      })
    } catch (error) {
      const refused = toHubError(error)
      this.refused(refused)
      this.#turnAway(refusalCode(refused))
      return
    }
    if (!this.#struck) this.strike(STREAM_EFFECTS)
    this.#wait()
    this.#seat = this.#room.broker.enter(this)
    this.#seat.feed(withoutKeepAlive(frame, body))
  }

  /** CONNACK with a code, then the end. */
  #turnAway(returnCode: number): void {
    this.#answers.send('connack', connack(returnCode), { cmd: 'connack', returnCode, sessionPresent: false })
    this.close('refused')
  }

  /** Levers that keep a CONNECT from being looked at, and faults that the device itself has ordered. */
  #connectFaulted(): boolean {
    const key = this.#claimed ?? ''
    const ordered = this.injected.onConnect(key)
    if (ordered === 'close') this.#drop()
    else if (ordered === 'refuse') this.#turnAway(5)
    if (ordered !== undefined) return true
    const { faults } = this.hub
    const met = faults.idle ? undefined : faults.match('mqtt.connack', key, CONNECT_EFFECTS)
    if (met === undefined) return false
    const code = met.effect === 'code' ? number(met.parameters['code'], 5) : undefined
    if (code === 0) return false
    if (code !== undefined) this.#turnAway(code)
    else if (met.effect === 'close') this.close('fault')
    else this.#wait()
    return true
  }

  #connected(sessionPresent: boolean, returnCode: number): void {
    if (returnCode !== 0) {
      this.#turnAway(returnCode)
      return
    }
    this.#answers.connack(sessionPresent, () => {
      if (this.#stage !== 'joining') return
      this.#stage = 'up'
      // Before anything the client has sent after CONNECT: what was queued comes right after CONNACK (WIRE-SESS-03).
      this.#exchange?.ready(this.#exchange.subscriptions.channels)
      this.#proceed()
    })
  }

  #subscribed(): void {
    const done = this.#exchange?.subscribed()
    if (done === undefined) return
    this.#answers.suback(done.packetId, done.granted)
    this.#exchange?.ready(done.channels)
    this.#proceed()
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
    this.out.flush()
    this.#stage = 'over'
    this.#cancelConnectTimer()
    this.#keepAlive?.stop()
    const identity = this.#exchange?.key
    this.hub.journal.record({
      type: 'link-closed',
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
}
