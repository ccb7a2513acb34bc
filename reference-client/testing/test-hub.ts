/**
 * A scripted MQTT server for the tests of the client. It responds like a hub and records every packet; a test can
 * respond to single packets itself. It has no hub logic: the features cover that.
 */

import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTls, type TLSSocket, type TlsOptions } from 'node:tls'
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { serverCertificate } from './certificates.ts'

/** A connection as the server sees it. */
export class Peer {
  readonly stream: Duplex
  readonly socket: TLSSocket
  connect: IConnectPacket | undefined

  constructor(stream: Duplex, socket: TLSSocket) {
    this.stream = stream
    this.socket = socket
  }

  send(packet: Packet): void {
    if (!this.stream.destroyed) this.stream.write(generate(packet))
  }

  publish(topic: string, payload: string | Buffer, qos: 0 | 1 = 0): void {
    this.send({
      cmd: 'publish',
      topic,
      payload,
      qos,
      dup: false,
      retain: false,
      ...(qos === 1 ? { messageId: 7 } : {}),
    })
  }

  drop(): void {
    this.stream.destroy()
    this.socket.destroy()
  }
}

export interface Seen {
  readonly peer: Peer
  readonly packet: Packet
}

/** Handles a packet instead of the server; `true`: handled. */
export type Script = (packet: Packet, peer: Peer) => boolean

export class TestHub {
  readonly port: number
  readonly ca: string
  /** Every packet received, in order. */
  readonly seen: Seen[] = []
  readonly peers = new Set<Peer>()
  /** Upgrades and requests over HTTPS. */
  readonly urls: string[] = []
  twin: object = { desired: { $version: 1 }, reported: { $version: 1 } }
  script: Script = () => false
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #events = new EventEmitter()
  readonly #sessions = new Map<string, Set<string>>()

  private constructor(server: Server, ca: string) {
    this.#server = server
    this.ca = ca
    this.port = (server.address() as AddressInfo).port // a TCP server that listens
    this.#events.setMaxListeners(0)
  }

  /** @param overWebSockets - MQTT over WebSockets instead of plain MQTT. */
  static async start(options: TlsOptions = {}, overWebSockets = false): Promise<TestHub> {
    const { cert, key } = await serverCertificate()
    const tls = { cert, key, noDelay: true, ...options }
    const server: Server = overWebSockets ? createHttps(tls) : createTls(tls)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const hub = new TestHub(server, cert)
    server.on('connection', (socket: Socket) => {
      hub.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => hub.#sockets.delete(socket))
    })
    server.on('tlsClientError', () => undefined)
    if (overWebSockets) hub.#serveWebSockets(server)
    else
      server.on('secureConnection', (socket: TLSSocket) => {
        hub.#serve(socket, socket)
      })
    return hub
  }

  /** Connections accepted so far that are still open below TLS. */
  get openSockets(): number {
    return this.#sockets.size
  }

  get newest(): Peer {
    const peer = [...this.peers].at(-1)
    if (peer === undefined) throw new Error('No client is connected')
    return peer
  }

  packets<C extends Packet['cmd']>(cmd: C): Extract<Packet, { cmd: C }>[] {
    return this.seen.map(({ packet }) => packet).filter((packet) => packet.cmd === cmd) as Extract<
      Packet,
      { cmd: C }
    >[]
  }

  /** Waits for the nth packet of a type. */
  async nth<C extends Packet['cmd']>(cmd: C, n: number): Promise<Extract<Packet, { cmd: C }>> {
    for (;;) {
      const packet = this.packets(cmd)[n - 1]
      if (packet !== undefined) return packet
      await new Promise((resolve) => this.#events.once('packet', resolve))
    }
  }

  /** Forgets all sessions and their subscriptions. */
  forgetSessions(): void {
    this.#sessions.clear()
  }

  /** Settles when all current connections are closed. */
  async allClosed(): Promise<void> {
    while (this.#sockets.size > 0) {
      await new Promise((resolve) => [...this.#sockets][0]?.once('close', resolve))
    }
  }

  async stop(): Promise<void> {
    for (const peer of this.peers) peer.drop()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serveWebSockets(server: Server): void {
    const webSockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'mqtt' })
    server.on('upgrade', (request: IncomingMessage, socket: TLSSocket, head: Buffer) => {
      this.urls.push(request.url ?? '')
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        this.#serve(createWebSocketStream(webSocket), socket)
      })
    })
  }

  #serve(stream: Duplex, socket: TLSSocket): void {
    const peer = new Peer(stream, socket)
    this.peers.add(peer)
    const packets = parser()
    packets.on('packet', (packet) => {
      this.seen.push({ peer, packet })
      if (packet.cmd === 'connect') peer.connect = packet
      if (!this.script(packet, peer)) this.#respond(packet, peer)
      this.#events.emit('packet')
    })
    packets.on('error', () => {
      peer.drop()
    })
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => packets.parse(chunk))
    stream.on('close', () => this.peers.delete(peer))
  }

  /** Responds like a hub. */
  #respond(packet: Packet, peer: Peer): void {
    switch (packet.cmd) {
      case 'connect': {
        const known = this.#sessions.has(packet.clientId)
        if (!known) this.#sessions.set(packet.clientId, new Set())
        peer.send({ cmd: 'connack', returnCode: 0, sessionPresent: known })
        return
      }
      case 'subscribe':
        for (const { topic } of packet.subscriptions) this.#filters(peer)?.add(topic)
        peer.send({
          cmd: 'suback',
          messageId: packet.messageId ?? 0,
          granted: packet.subscriptions.map(() => 1),
        })
        return
      case 'unsubscribe':
        for (const topic of packet.unsubscriptions) this.#filters(peer)?.delete(topic)
        peer.send({ cmd: 'unsuback', messageId: packet.messageId ?? 0, granted: [] })
        return
      case 'publish':
        if (packet.qos === 1) peer.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
        this.#respondTwin(packet.topic, peer)
        return
      case 'pingreq':
        peer.send({ cmd: 'pingresp' })
        return
      case 'disconnect':
        peer.stream.end()
        return
      default:
        return
    }
  }

  #respondTwin(topic: string, peer: Peer): void {
    const request = /^\$iothub\/twin\/(GET|PATCH)\/.*\?\$rid=([^&]+)/.exec(topic)
    if (request === null || this.#filters(peer)?.has('$iothub/twin/res/#') !== true) return
    if (request[1] === 'GET') {
      peer.publish(`$iothub/twin/res/200/?$rid=${request[2] ?? ''}`, JSON.stringify(this.twin))
    } else peer.publish(`$iothub/twin/res/204/?$rid=${request[2] ?? ''}&$version=2`, '')
  }

  #filters(peer: Peer): Set<string> | undefined {
    return this.#sessions.get(peer.connect?.clientId ?? '')
  }
}
