/**
 * An MQTT client for single packets, over TLS or a WebSocket: sends what it is given and keeps everything it receives.
 */

import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { SecureVersion, TLSSocket } from 'node:tls'
import type { Duplex } from 'node:stream'
import mqttPacket from 'mqtt-packet'
import type { Packet } from 'mqtt-packet'
import WebSocket, { createWebSocketStream } from 'ws'
import type { Wired } from '../audit/packets.ts'
import type { Activity } from '../world/time/activity.ts'
import { trusting } from './trust.ts'

/** A received packet, with the fields that scenarios read. */
export type RawPacket = Packet & {
  readonly topic?: string
  readonly payload?: Buffer | string
  readonly qos?: number
  readonly dup?: boolean
  readonly returnCode?: number
  readonly sessionPresent?: boolean
  readonly granted?: readonly number[]
}

export interface RawAddress {
  readonly address: string
  readonly hostName: string
  readonly port: number
  readonly caPem: string | undefined
  /** The client certificate and its key, in PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined
  /** The only version of TLS, for example `TLSv1.2`. */
  readonly tls?: string | undefined
  /** The only cipher suite, in the notation of OpenSSL. */
  readonly cipher?: string | undefined
}

/** How a connection waits; without it, it waits for ever. */
export type Waits = Pick<Activity, 'eventually' | 'record'>

/** How a device connects; the defaults are those of most devices. */
export interface DialOptions {
  readonly over?: 'TLS' | 'WebSocket' | 'TCP' | undefined
  /** Path of the WebSocket. */
  readonly path?: string | undefined
  /** Subprotocols of the WebSocket. */
  readonly protocols?: readonly string[] | undefined
  /** The only version of TLS. */
  readonly tls?: string | undefined
  /** The only cipher suite, in the notation of OpenSSL. */
  readonly cipher?: string | undefined
  /** The client certificate, PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined
}

export class RawMqttClient {
  /** All received packets, in order. */
  readonly received: RawPacket[] = []
  /** All packets of both sides, in the order in which this side has seen them. */
  readonly log: Wired[] = []
  readonly #stream: Duplex
  readonly #parser = mqttPacket.parser({ protocolVersion: 4 })
  readonly #taken = new Set<RawPacket>()
  readonly #activity: Waits | undefined
  readonly #waiting = new Set<() => void>()
  #closed = false
  #lastId = 0

  private constructor(stream: Duplex, activity: Waits | undefined) {
    this.#stream = stream
    this.#activity = activity
    this.#parser.on('packet', (packet: Packet) => {
      this.received.push(packet as RawPacket)
      this.log.push({ from: 'hub', packet })
      this.#wake()
    })
    stream.on('data', (chunk: Buffer) => this.#parser.parse(chunk))
    const ended = (): void => {
      this.#closed = true
      this.#wake()
    }
    stream.on('end', ended).on('close', ended).on('error', ended)
  }

  /** Connects over TLS. @throws Error when the handshake fails. */
  static async overTls(to: RawAddress, activity?: Waits): Promise<RawMqttClient> {
    const socket = connectTls(tlsOptions(to))
    await ready(socket)
    return new RawMqttClient(socket, activity)
  }

  /** Connects without TLS. */
  static async overTcp({ address, port }: RawAddress, activity?: Waits): Promise<RawMqttClient> {
    const socket = connectTcp(port, address)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawMqttClient(socket, activity)
  }

  /** Connects over a WebSocket. @throws Error with the HTTP status when the upgrade is refused. */
  static async overWebSocket(
    to: RawAddress,
    path = '/$iothub/websocket',
    protocols: readonly string[] = ['mqtt'],
    activity?: Waits,
  ): Promise<RawMqttClient> {
    const socket = new WebSocket(`wss://${to.hostName}:${String(to.port)}${path}`, [...protocols], {
      ...tlsOptions(to),
      perMessageDeflate: false,
      // ws would dial the host name; the request keeps it.
      createConnection: () => connectTls(tlsOptions(to)),
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return new RawMqttClient(createWebSocketStream(socket), activity)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** A packet id that is new on this connection. */
  nextId(): number {
    return ++this.#lastId
  }

  /** Sends packets or raw bytes in one write. */
  send(...packets: readonly (Packet | Uint8Array)[]): void {
    for (const one of packets)
      this.log.push({
        from: 'device',
        packet: one instanceof Uint8Array ? undefined : one,
      })
    this.#stream.write(
      Buffer.concat(packets.map((p) => (p instanceof Uint8Array ? p : mqttPacket.generate(p)))),
    )
  }

  /**
   * Takes the first packet of this type that matches and was not taken before; waits for it.
   * @throws Error when the connection closes first.
   */
  async take(cmd: Packet['cmd'], matches: (packet: RawPacket) => boolean = () => true): Promise<RawPacket> {
    for (;;) {
      const packet = this.received.find((p) => p.cmd === cmd && !this.#taken.has(p) && matches(p))
      if (packet !== undefined) {
        this.#taken.add(packet)
        return packet
      }
      if (this.#closed)
        throw new Error(`The connection closed before a ${cmd} packet arrived. ${this.summary()}`)
      await this.#change(`The arrival of a ${cmd} packet`)
    }
  }

  /** The hub has sent a packet or closed the connection. */
  get hasReceived(): boolean {
    return this.#closed || this.received.length > 0
  }

  /** The packets of this type that were not taken. */
  left(cmd: Packet['cmd']): readonly RawPacket[] {
    return this.received.filter((p) => p.cmd === cmd && !this.#taken.has(p))
  }

  /** Settles when the hub has closed the connection. */
  async closing(): Promise<void> {
    while (!this.#closed) await this.#change('The end of the connection')
  }

  /** Sends a ping: its response shows that the hub has processed all earlier packets. */
  async fence(): Promise<void> {
    this.send({ cmd: 'pingreq' })
    await this.take('pingresp')
  }

  /** Closes the connection without DISCONNECT. */
  drop(): void {
    this.#stream.destroy()
  }

  /** The received packets, for error messages. */
  summary(): string {
    return `Received so far: ${this.received.map((p) => `${p.cmd} ${p.topic ?? ''}`.trim()).join(', ') || 'nothing'}.`
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
    this.#activity?.record()
  }

  /** Waits for a packet or the end of the connection. */
  async #change(what: string): Promise<void> {
    let isChanged = false
    const changed = new Promise<void>((resolve) =>
      this.#waiting.add(() => {
        isChanged = true
        resolve()
      }),
    )
    await (this.#activity === undefined ? changed : this.#activity.eventually(() => isChanged, what))
  }
}

function tlsOptions({ address, hostName, port, caPem, certificate, tls, cipher }: RawAddress) {
  const version = tls as SecureVersion | undefined // a value from the scenario
  const to = { host: address, port, servername: hostName }
  if (certificate === undefined && version === undefined && cipher === undefined)
    return { ...to, ...trusting(caPem) }
  return {
    ...to,
    ...(caPem === undefined ? {} : { ca: caPem }),
    ...certificate,
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
    // Security level 0: the client itself must not leave out a weak suite.
    ...(cipher === undefined ? {} : { ciphers: `${cipher}:@SECLEVEL=0` }),
  }
}

function ready(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
}
