/**
 * The connection of one MQTT client, from its stream to its end. Packets are handled strictly one after the other:
 * `packets/` has a handler for each kind, which answers through the responder.
 */

import type { Duplex } from 'node:stream'
import type { Hub } from '../core/contract/hub.ts'
import type { CloseReason } from '../core/contract/sessions.ts'
import { type Explanation, type HubError, toHubError } from '../core/errors/hub-error.ts'
import { unreadError } from '../core/errors/limits.ts'
import { linkOpened } from '../net/peer.ts'
import { STREAM_EFFECTS } from '../net/stream-faults.ts'
import { FaultedStream } from '../net/stream.ts'
import type { Broker, BrokerSession } from './broker.ts'
import { FrameReader, MalformedPacket } from './codec/frames.ts'
import type { Provisioning } from '../provisioning/contract/provisioning.ts'
import type { ConnectionInfo } from './connection-info.ts'
import type { DeviceSession } from './device-session.ts'
import { KeepAlive } from './keep-alive.ts'
import { OutgoingQueue } from './outgoing-queue.ts'
import { PacketWriter } from './packet-writer.ts'
import type { RegistrantSession } from './provisioning/registrant-session.ts'
import { connectTimeout, malformed, silence } from './protocol-errors.ts'
import { Responder } from './responder.ts'

/** What the connections of one server share. */
export interface ConnectionContext {
  readonly hub: Hub
  readonly broker: Broker
  /** Undefined: there is no provisioning service beside the hub. */
  readonly provisioning: Provisioning | undefined
  /** Connections of devices that ask for their hub, by client id. */
  readonly registrants: Map<string, Connection>
  /**
   * Handles the packet at which the reader stands.
   * @returns a promise when that takes time: the next packet waits until it has settled.
   * @throws MalformedPacket
   */
  readonly handlePacket: (connection: Connection, frames: FrameReader) => undefined | Promise<void>
  readonly onEnd: (connection: Connection) => void
}

/** Bytes allowed for the topic of the largest message: the fixed header gives only the sum of both. */
const TOPIC_BYTES = 4_096

export class Connection {
  readonly linkId: string
  readonly info: ConnectionInfo
  readonly context: ConnectionContext
  readonly out: OutgoingQueue
  readonly responder: Responder
  /** Client id of CONNECT, authenticated or not: refusals name it. */
  clientId: string | undefined
  /** Set once CONNECT has passed authentication. */
  session: DeviceSession | undefined
  /** Set in its place when CONNECT was meant for the provisioning service. */
  registrant: RegistrantSession | undefined
  /** Set before CONNACK is sent. */
  brokerSession: BrokerSession | undefined
  readonly #stream: FaultedStream
  readonly #writer: PacketWriter
  readonly #frames: FrameReader
  #keepAlive: KeepAlive | undefined
  #cancelConnectTimeout: (() => void) | undefined
  /** A packet is being handled that takes time. */
  #busy = false
  /** Reading is paused. */
  #held = false
  /** The connection has ended. */
  #over = false
  /** A fault has been injected into the stream; there is at most one. */
  #faulted = false

  constructor(context: ConnectionContext, linkId: string, stream: Duplex, info: ConnectionInfo) {
    this.linkId = linkId
    this.info = info
    this.context = context
    const { hub } = context
    const { settings, clock, journal } = hub
    this.#frames = new FrameReader(settings.maxTelemetryBytes + TOPIC_BYTES)
    journal.record(linkOpened(linkId, info))
    this.#cancelConnectTimeout = clock.schedule(settings.connectTimeoutSeconds * 1000, () => {
      this.refuse(connectTimeout(settings.connectTimeoutSeconds, this.#frames.pending))
    })
    const handlers = {
      onBytes: (chunk: Buffer) => {
        this.#received(chunk)
      },
      onGone: (reason: string) => {
        this.#end(reason)
      },
      onUnread: (bytes: number) => {
        this.#unread('packets', bytes)
      },
    }
    const { maxUnreadBytes, maxUnacknowledged } = settings
    this.#stream = new FaultedStream(stream, hub, handlers, { reset: info.reset, maxUnreadBytes })
    this.#writer = new PacketWriter(this.#stream, journal, linkId)
    this.out = new OutgoingQueue(this.#writer, { maxUnacknowledged, maxUnreadBytes }, (bytes) => {
      this.#unread('messages behind those without a PUBACK', bytes)
    })
    this.responder = new Responder(hub, this.#writer, this.out, () => {
      this.close('fault')
    })
    this.injectStreamFault(STREAM_EFFECTS)
  }

  get hub(): Hub {
    return this.context.hub
  }

  get over(): boolean {
    return this.#over
  }

  /** Journals a packet. */
  record(direction: 'in' | 'out', cmd: string, packet: object): void {
    this.#writer.record(direction, cmd, packet)
  }

  /** CONNECT has come: its time limit no longer applies. */
  connectReceived(): void {
    this.#cancelConnectTimeout?.()
    this.#cancelConnectTimeout = undefined
  }

  /** CONNECT has passed authentication. */
  authenticated(session: DeviceSession): void {
    this.session = session
    this.#writer.identity = session.key
  }

  /** CONNECT of a device that asks for its hub has passed. */
  admitted(session: RegistrantSession): void {
    this.registrant = session
    this.#writer.identity = session.registrant.registrationId
  }

  /** @param seconds keep-alive of CONNECT. */
  startKeepAlive(seconds: number): void {
    const { clock, settings } = this.hub
    this.#keepAlive = new KeepAlive(clock, seconds, settings.keepAliveCapSeconds, (silentMs) => {
      this.refuse(silence(silentMs, this.#stream.unread))
    })
  }

  /**
   * Injects an armed fault of the stream.
   * @param effects only these.
   */
  injectStreamFault(effects: readonly string[]): void {
    const { faults } = this.hub
    if (faults.idle || this.#over) return
    const match = faults.match('tcp', this.#writer.identity, effects)
    if (match === undefined) return
    this.#faulted = true
    this.#stream.inject(match)
  }

  /** A fault of the stream that is armed for one identity can be injected once the identity is known. */
  injectStreamFaultOfIdentity(): void {
    if (!this.#faulted) this.injectStreamFault(STREAM_EFFECTS)
  }

  /** Journals a refusal; the connection stays open. */
  refused(error: HubError): void {
    this.hub.refuse(error, {
      ...(this.clientId === undefined ? {} : { identity: this.clientId }),
      linkId: this.linkId,
      transport: this.info.transport,
    })
  }

  /** Journals a refusal and closes the connection: no packet of MQTT 3.1.1 could say why. */
  refuse(error: HubError): void {
    this.refused(error)
    this.close('refused')
  }

  /** The client reads too little: nothing that is sent could tell it why the connection ends. */
  #unread(what: string, bytes: number): void {
    if (this.#over) return
    this.refused(unreadError(what, bytes, this.hub.settings.maxUnreadBytes))
    this.drop('refused')
  }

  /** Closes the connection after what has been written. */
  close(reason: CloseReason | 'disconnect', explanation?: Explanation): void {
    this.#end(explanation === undefined ? reason : `${reason}: ${explanation.received}`)
    this.#stream.hangUp()
  }

  /** Ends the connection at once, as if it were lost. */
  drop(reason: CloseReason): void {
    this.#end(reason)
    this.#stream.destroy()
  }

  #received(chunk: Buffer): void {
    this.#keepAlive?.heard()
    this.#frames.push(chunk)
    this.#handlePackets()
  }

  /** Handles the packets that have arrived, up to one that takes time. */
  #handlePackets(): void {
    // What one read is answered with leaves in one piece.
    this.#stream.cork()
    this.out.cork()
    try {
      while (!this.#busy && !this.#over && this.#frames.next()) {
        const work = this.context.handlePacket(this, this.#frames)
        if (work !== undefined) this.#waitFor(work)
      }
    } catch (error) {
      this.#failed(error)
    }
    this.out.uncork()
    this.#stream.uncork()
    // What has arrived meanwhile is kept; TCP tells the client to wait with the rest.
    if (!this.#busy || this.#over || this.#held || this.#frames.pending === 0) return
    this.#held = true
    this.#stream.hold()
  }

  #waitFor(work: Promise<void>): void {
    this.#busy = true
    work.then(
      () => {
        this.#goOn()
      },
      (error: unknown) => {
        this.#failed(error)
      },
    )
  }

  #goOn(): void {
    this.#busy = false
    if (this.#over) return
    if (this.#held) {
      this.#held = false
      this.#stream.release()
    }
    this.#handlePackets()
  }

  #failed(error: unknown): void {
    this.refuse(
      error instanceof MalformedPacket
        ? malformed(error, this.hub.settings.maxTelemetryBytes)
        : toHubError(error),
    )
  }

  #end(reason: string): void {
    if (this.#over) return
    this.out.flush()
    this.#over = true
    this.#writer.end()
    this.connectReceived()
    this.#keepAlive?.stop()
    const { session, brokerSession, linkId } = this
    session?.down()
    this.hub.journal.record({
      type: 'link-closed',
      linkId,
      ...(this.#writer.identity === undefined ? {} : { identity: this.#writer.identity }),
      reason,
    })
    brokerSession?.end(this.out.unacknowledgedIds)
    if (brokerSession !== undefined) session?.publishWill()
    session?.ended()
    this.context.onEnd(this)
  }
}
