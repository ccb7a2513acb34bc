/** A device that speaks raw MQTT packets over TLS or a WebSocket: it sends what it is told to, and keeps all it gets. */

import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { SecureVersion, TLSSocket } from 'node:tls'
import type { Duplex } from 'node:stream'
import mqttPacket from 'mqtt-packet'
import type { Packet } from 'mqtt-packet'
import WebSocket, { createWebSocketStream } from 'ws'

/** A packet as it came, with the fields that scenarios look at. */
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
  /** Client certificate and its key, in PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined
  /** The only version of TLS spoken, `TLSv1.2`. */
  readonly tls?: string | undefined
}

export class RawMqttClient {
  /** All packets that came, in order. */
  readonly transcript: RawPacket[] = []
  readonly #stream: Duplex
  readonly #parser = mqttPacket.parser({ protocolVersion: 4 })
  readonly #taken = new Set<RawPacket>()
  readonly #waiting = new Set<() => void>()
  #closed = false
  #lastId = 0

  private constructor(stream: Duplex) {
    this.#stream = stream
    this.#parser.on('packet', (packet: Packet) => {
      this.transcript.push(packet as RawPacket)
      this.#wake()
    })
    stream.on('data', (chunk: Buffer) => this.#parser.parse(chunk))
    const over = (): void => {
      this.#closed = true
      this.#wake()
    }
    stream.on('end', over).on('close', over).on('error', over)
  }

  /** A TLS connection. @throws Error when the handshake fails. */
  static async overTls(to: RawAddress): Promise<RawMqttClient> {
    const socket = connectTls(tlsOptions(to))
    await ready(socket)
    return new RawMqttClient(socket)
  }

  /** A connection without TLS. */
  static async overTcp({ address, port }: RawAddress): Promise<RawMqttClient> {
    const socket = connectTcp(port, address)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawMqttClient(socket)
  }

  /** An MQTT connection inside a WebSocket. @throws Error when the upgrade is refused; its text has the HTTP status. */
  static async overWebSocket(
    to: RawAddress,
    path = '/$iothub/websocket',
    protocols: readonly string[] = ['mqtt'],
  ): Promise<RawMqttClient> {
    const socket = new WebSocket(`wss://${to.hostName}:${String(to.port)}${path}`, [...protocols], {
      ...tlsOptions(to),
      perMessageDeflate: false,
      // The name stays in the request; ws dials it and nothing else.
      createConnection: () => connectTls(tlsOptions(to)),
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return new RawMqttClient(createWebSocketStream(socket))
  }

  get closed(): boolean {
    return this.#closed
  }

  /** A packet identifier not used before on this connection. */
  nextId(): number {
    return ++this.#lastId
  }

  /** Several packets or raw bytes in one write. */
  send(...packets: readonly (Packet | Uint8Array)[]): void {
    this.#stream.write(
      Buffer.concat(packets.map((p) => (p instanceof Uint8Array ? p : mqttPacket.generate(p)))),
    )
  }

  /**
   * The first packet of this kind that matches and has not been taken; waits for it.
   * @throws Error when the connection closes instead.
   */
  async take(cmd: Packet['cmd'], matches: (packet: RawPacket) => boolean = () => true): Promise<RawPacket> {
    for (;;) {
      const packet = this.transcript.find((p) => p.cmd === cmd && !this.#taken.has(p) && matches(p))
      if (packet !== undefined) {
        this.#taken.add(packet)
        return packet
      }
      if (this.#closed) throw new Error(`The connection closed and no ${cmd} came. ${this.story()}`)
      await this.#something()
    }
  }

  /** The hub has said something, or ended the connection. */
  get heard(): boolean {
    return this.#closed || this.transcript.length > 0
  }

  /** Packets of this kind that nobody has taken. */
  left(cmd: Packet['cmd']): readonly RawPacket[] {
    return this.transcript.filter((p) => p.cmd === cmd && !this.#taken.has(p))
  }

  /** Resolves when the hub has closed the connection. */
  async closing(): Promise<void> {
    while (!this.#closed) await this.#something()
  }

  /** A fence: what was sent before has been handled when the hub answers a ping. */
  async fence(): Promise<void> {
    this.send({ cmd: 'pingreq' })
    await this.take('pingresp')
  }

  /** Loses the connection without a word. */
  drop(): void {
    this.#stream.destroy()
  }

  /** What came, in short, for error texts. */
  story(): string {
    return `Received so far: ${this.transcript.map((p) => `${p.cmd} ${p.topic ?? ''}`.trim()).join(', ') || 'nothing'}.`
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  #something(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve))
  }
}

function tlsOptions({ address, hostName, port, caPem, certificate, tls }: RawAddress) {
  const version = tls as SecureVersion | undefined // of the scenario's making
  return {
    host: address,
    port,
    servername: hostName,
    ...(caPem === undefined ? {} : { ca: caPem }),
    ...certificate,
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
  }
}

function ready(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
}
