/** The connection of one AMQP client: its stream, SASL, and the nodes that its links attach to. */

import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { BrokenPart } from '../core/contract/device-faults.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { HubError } from '../core/errors/hub-error.ts'
import { parseAddress } from './addresses.ts'
import { putToken } from './cbs.ts'
import { Devices } from './devices/devices.ts'
import type { EventHub } from './events/event-hub.ts'
import { eventHubErrorOf } from './events/errors.ts'
import { manage, openPartition, redirection, requireEntity } from './events/event-links.ts'
import { CbsTokens } from './cbs-tokens.ts'
import { addressNotFound, amqpErrorOf, deviceErrorOf, hubErrorOf, violationOf } from './refusals.ts'
import { RequestNode } from './request-node.ts'
import { MECHANISMS, SASL_OK, SASL_SYS, WELCOME, authenticate, redacted } from './sasl.ts'
import { openDevicebound, openFeedback, openFileNotifications } from './service-links.ts'
import type { ConnectionContext } from './connection-context.ts'
import { Endpoint, MAX_FRAME_BYTES } from './endpoint/endpoint.ts'
import { AMQP_ID, FrameReader, SASL_FRAME, SASL_ID, frameOf, protocolHeader } from './codec/frames.ts'
import type { Link } from './endpoint/links.ts'
import { AmqpViolation } from './codec/malformed.ts'
import type { AmqpError, PerformativeName } from './codec/performative-fields.ts'
import { unreadError } from '../core/errors/limits.ts'
import type { Provisioning } from '../provisioning/contract/provisioning.ts'
import { RegistrantNode, registrationNameOf } from './provisioning/registrant.ts'
import { linkOpened, type ProtocolClientInfo } from '../net/peer.ts'
import { FaultedStream } from '../net/stream.ts'
import { STREAM_EFFECTS } from '../net/stream-faults.ts'

export type ConnectionInfo = ProtocolClientInfo<'amqp' | 'amqp-ws'>

/** What the connections of one server share. */
export interface ServerContext {
  readonly hub: Hub
  readonly eventHub: EventHub
  readonly hostName: string
  readonly port: number
  /** Undefined: there is no provisioning service beside the hub. */
  readonly provisioning: Provisioning | undefined
  onEnd(connection: Connection): void
}

/** How long the hub waits for the end of the stream after both have sent CLOSE. */
const LINGER_MS = 5_000
/** Nodes of the Event Hubs-compatible endpoint. */
const EVENT_HUB_NODES: ReadonlySet<string | undefined> = new Set(['management', 'eventHub', 'partition'])
const FRAMING_ERROR = 'amqp:connection:framing-error'

export class Connection implements ConnectionContext {
  readonly hub: Hub
  readonly linkId: string
  readonly transport: 'amqp' | 'amqp-ws'
  readonly tokens: CbsTokens
  readonly eventHub: EventHub
  readonly hostName: string
  readonly port: number
  readonly #server: ServerContext
  readonly #stream: FaultedStream
  readonly #frames = new FrameReader(MAX_FRAME_BYTES)
  readonly #endpoint: Endpoint
  readonly #cbs: RequestNode
  readonly #management: RequestNode
  readonly #devices: Devices
  /** Undefined: there is no provisioning service beside the hub. */
  readonly #registrant: RegistrantNode | undefined
  #state: 'new' | 'sasl' | 'authenticated' | 'amqp' | 'over' = 'new'
  #opened = false
  /** A fault `tcp.*` has fired on this connection; another one fires here only if it is armed later. */
  #faulted = false
  #cancelOpenTimer: () => void
  #cancelLinger: () => void = () => undefined

  constructor(server: ServerContext, linkId: string, stream: Duplex, info: ConnectionInfo) {
    const { hub } = server
    this.hub = hub
    this.linkId = linkId
    this.transport = info.transport
    this.eventHub = server.eventHub
    this.hostName = server.hostName
    this.port = server.port
    this.tokens = new CbsTokens(hub, info.certificates)
    this.#server = server
    this.#cbs = new RequestNode(this, (request) => putToken(this, request))
    this.#management = new RequestNode(this, (request) => manage(this, request))
    this.#devices = new Devices(this)
    const { provisioning } = server
    this.#registrant = provisioning && new RegistrantNode(this, provisioning, info.certificates)
    this.#endpoint = new Endpoint({
      clock: hub.clock,
      containerId: `DeviceGateway_${randomBytes(16).toString('hex')}`,
      write: (bytes) => {
        this.#stream.write(bytes)
      },
      unread: () => this.#stream.unread,
      congested: () => this.#stream.congested,
      record: (direction, name, fields) => {
        this.#record(direction, name, fields)
      },
      attached: (link) => {
        this.#attached(link)
      },
      refused: (error) => {
        const refused = hubErrorOf(error)
        this.refused(refused)
        return violationOf(refused, error.condition)
      },
      violated: (error) => {
        this.#violated(error)
      },
      closed: (error, byClient) => {
        this.#end(error?.condition ?? 'closed by the client')
        if (byClient) this.#lingers()
        else this.#stream.hangUp()
      },
    })
    hub.journal.record(linkOpened(linkId, info))
    const { connectTimeoutSeconds } = hub.settings
    this.#cancelOpenTimer = hub.clock.schedule(connectTimeoutSeconds * 1000, () => {
      this.#violated(
        new AmqpViolation('amqp:connection:forced', `OPEN within ${connectTimeoutSeconds} s`, 'none'),
      )
    })
    this.#stream = new FaultedStream(
      stream,
      hub,
      {
        onBytes: (chunk) => {
          this.#received(chunk)
        },
        onGone: (reason) => {
          this.#cancelLinger()
          this.#end(reason)
        },
        onUnread: (bytes) => {
          this.#unread(bytes)
        },
        onDrained: () => {
          this.#endpoint.drained()
        },
      },
      { reset: info.reset, maxUnreadBytes: hub.settings.maxUnreadBytes },
    )
    this.injectStreamFault(STREAM_EFFECTS)
  }

  get over(): boolean {
    return this.#state === 'over'
  }

  refused(error: HubError, identity?: string): void {
    const { linkId, transport } = this
    this.hub.refuse(error, { ...(identity === undefined ? {} : { identity }), linkId, transport })
  }

  breakPart(part: BrokenPart): void {
    if (this.over) return
    const description = 'Ordered by a fault.'
    if (part === 'tcp') {
      this.#end('fault')
      this.#stream.destroy()
    } else if (part === 'amqp') this.#endpoint.close({ condition: 'amqp:connection:forced', description })
    else if (part === 'amqp-cbs-request' || part === 'amqp-cbs-answer')
      this.#cbs.detach(part === 'amqp-cbs-request' ? 'receiving' : 'sending', {
        condition: 'amqp:link:detach-forced',
        description,
      })
  }

  /** Breaks a part of the connection of a device, if it uses this one. */
  breakDevice(identity: string, part: BrokenPart): void {
    const device = this.#devices.find(identity)
    if (device === undefined) return
    device.breakPart(part)
    this.breakPart(part)
  }

  /**
   * Injects an armed fault `tcp.*`, at most one: of every connection, or of a device that uses this one.
   * @param effects only these.
   */
  injectStreamFault(effects: readonly string[]): void {
    if (this.hub.faults.idle) return
    for (const identity of [undefined, ...this.#devices.keys]) {
      if (this.over) return
      const match = this.hub.faults.match('tcp', identity, effects)
      if (match === undefined) continue
      this.#faulted = true
      this.#stream.inject(match)
      return
    }
  }

  destroy(): void {
    this.#cancelLinger()
    this.#end('hub-stopped')
    this.#stream.destroy()
  }

  #received(chunk: Buffer): void {
    this.#frames.push(chunk)
    this.#stream.cork()
    while (!this.over)
      try {
        if (!this.#step()) break
      } catch (error) {
        this.#violated(error)
      }
    this.#stream.uncork()
  }

  /** Handles a header or a frame. @returns whether another one may have arrived. */
  #step(): boolean {
    if (this.#state === 'new' || this.#state === 'authenticated') return this.#header()
    const frame = this.#frames.next()
    if (frame === undefined) return false
    if ((frame.type === SASL_FRAME) !== (this.#state === 'sasl'))
      throw new AmqpViolation(
        FRAMING_ERROR,
        `a frame of ${this.#state === 'sasl' ? 'SASL' : 'AMQP'}`,
        `a frame of type ${frame.type}`,
      )
    if (this.#state === 'amqp') {
      this.#endpoint.receive(frame)
      if (!this.#opened && this.#endpoint.up) this.#onOpen()
    } else if (frame.performative?.name === 'saslInit') this.#authenticate(frame.performative.fields)
    else throw new AmqpViolation(FRAMING_ERROR, 'sasl-init', frame.performative?.name ?? 'an empty frame')
    return true
  }

  #onOpen(): void {
    this.#opened = true
    this.#cancelOpenTimer()
    const refusal = this.#registrant?.opened()
    if (refusal !== undefined) this.#endpoint.close(refusal)
  }

  #header(): boolean {
    const header = this.#frames.header()
    if (header === undefined) return false
    const { id, version } = header
    const known = id === AMQP_ID || (id === SASL_ID && this.#state !== 'authenticated')
    if (!known || version !== '1.0.0') {
      // The header that the hub supports, before it closes (WIRE-AMQP-19).
      this.#stream.write(protocolHeader(known ? id : AMQP_ID))
      throw new AmqpViolation(
        FRAMING_ERROR,
        'protocol 0 (AMQP), or 3 (SASL) before it, of version 1.0.0',
        `protocol ${id} of version ${version}`,
      )
    }
    this.#stream.write(protocolHeader(id))
    this.#state = id === SASL_ID ? 'sasl' : 'amqp'
    if (id === SASL_ID) this.#sendSasl('saslMechanisms', { mechanisms: MECHANISMS })
    return true
  }

  #authenticate(init: Parameters<typeof authenticate>[1]): void {
    this.#record('in', 'saslInit', redacted(init))
    try {
      const grant = authenticate(this.hub, init, (userName, password) => {
        const name = this.#registrant === undefined ? undefined : registrationNameOf(userName)
        if (name !== undefined) this.#registrant?.authenticate(name, password)
        return name !== undefined
      })
      if (grant !== undefined) this.tokens.put(grant)
    } catch (error) {
      this.refused(hubErrorOf(error))
      this.#sendSasl('saslOutcome', { code: SASL_SYS })
      this.#end('refused')
      this.#stream.hangUp()
      return
    }
    this.#sendSasl('saslOutcome', { code: SASL_OK, additionalData: WELCOME })
    this.#state = 'authenticated'
  }

  #sendSasl<K extends 'saslMechanisms' | 'saslOutcome'>(
    name: K,
    fields: Parameters<typeof frameOf<K>>[3],
  ): void {
    this.#record('out', name, fields)
    this.#stream.write(frameOf(SASL_FRAME, 0, name, fields))
  }

  /** Opens the link or refuses it. */
  #attached(link: Link): void {
    try {
      this.#open(link)
    } catch (error) {
      const refused = hubErrorOf(error)
      this.refused(refused)
      link.refuse(this.#refusalOf(refused, link.address ?? ''))
    }
  }

  /** In the words of the part of the service that has the node. */
  #refusalOf(error: HubError, address: string): AmqpError {
    const now = this.hub.clock.now()
    const type = parseAddress(address)?.type
    if (type === 'device') return deviceErrorOf(error, now)
    if (EVENT_HUB_NODES.has(type)) return eventHubErrorOf(error, now, this.hostName, address)
    return amqpErrorOf(error, now)
  }

  #open(link: Link): void {
    const address = link.address ?? ''
    const registration = this.#registrant === undefined ? undefined : registrationNameOf(address)
    if (registration !== undefined) {
      this.#registrant?.attach(link, registration)
      return
    }
    const node = parseAddress(address)
    switch (node?.type) {
      case 'cbs':
        this.#cbs.attach(link)
        return
      case 'management':
        this.#openManagement(link, node.entity ?? this.eventHub.name)
        return
      case 'hubEvents':
        link.refuse(redirection(this, node.rest))
        return
      case 'devicebound':
        if (link.type === 'sending') break
        openDevicebound(this, link)
        return
      case 'feedback':
        if (link.type === 'receiving') break
        openFeedback(this, link)
        return
      case 'fileNotifications':
        if (link.type === 'receiving') break
        openFileNotifications(this, link)
        return
      case 'partition':
        if (link.type === 'receiving') break
        openPartition(this, link, node)
        return
      case 'device':
        this.#devices.open(link, node.identity, node.endpoint)
        if (!this.#faulted) this.injectStreamFault(STREAM_EFFECTS)
        return
      case 'eventHub':
      case undefined:
        break
    }
    const can = link.type === 'sending' ? 'receive from' : 'send to'
    throw addressNotFound(address, `a node of this hub that a client can ${can}`)
  }

  #openManagement(link: Link, entity: string): void {
    requireEntity(this, entity)
    // Each request is authorized by itself: Java opens the links before it has put a token (WIRE-AMQP-09).
    this.#management.attach(link)
  }

  /** A client that has closed ends the stream itself: Java's WebSocket hangs when the end comes with the hub's CLOSE. */
  #lingers(): void {
    this.#cancelLinger = this.hub.clock.schedule(LINGER_MS, () => {
      this.#stream.hangUp()
    })
  }

  #violated(error: unknown): void {
    if (this.over) return
    const refused = hubErrorOf(error)
    this.refused(refused)
    const condition = error instanceof AmqpViolation ? error.condition : undefined
    if (this.#state === 'amqp') this.#endpoint.close(violationOf(refused, condition))
    // What follows cannot be read: the client's CLOSE would not be found.
    if (this.#state === 'amqp' && condition !== FRAMING_ERROR) return
    this.#end('refused')
    this.#stream.hangUp()
  }

  /** The client reads too little: no CLOSE would reach it. */
  #unread(bytes: number): void {
    if (this.over) return
    this.refused(unreadError('frames', bytes, this.hub.settings.maxUnreadBytes))
    this.#end('refused')
    this.#stream.destroy()
  }

  #record(direction: 'in' | 'out', cmd: PerformativeName, packet: object): void {
    this.hub.journal.record({ type: 'packet', linkId: this.linkId, direction, cmd, packet })
  }

  #end(reason: string): void {
    if (this.over) return
    this.#state = 'over'
    this.#cancelOpenTimer()
    this.#devices.stop()
    this.#endpoint.lost()
    this.tokens.stop()
    this.hub.journal.record({ type: 'link-closed', linkId: this.linkId, reason })
    this.#server.onEnd(this)
  }
}
