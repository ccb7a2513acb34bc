/** One connection of the good device: TCP, TLS, CONNECT, subscriptions, packets, and its time limits. */

import { connect as connectTcp, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { OpenLink, Owner, Refused } from './parts.ts'
import * as packets from './packets.ts'

const CONNACK = 2
const PUBLISH = 3
const PUBACK = 4
const SUBACK = 9
const PINGRESP = 13

export class Link implements OpenLink {
  /** When CONNACK came; undefined: it has not. */
  openedAt: number | undefined
  /** The subscriptions are in force. */
  ready = false
  present = false
  readonly #device: Owner
  readonly #reader = new packets.Reader()
  readonly #timers = new Set<() => void>()
  readonly #limits = new Map<string, () => void>()
  #tcp: Socket | undefined
  #socket: TLSSocket | undefined
  #webSocket: WebSocket | undefined
  #ended = false
  #hung = false
  #lastSentAt = 0
  #lastHeardAt = 0
  #subscribed: { readonly id: number; readonly then: () => void } | undefined

  constructor(device: Owner) {
    this.#device = device
  }

  sayInClear(address: string, port: number): void {
    const socket: Socket = connectTcp(port, address)
    socket.on('error', () => undefined)
    socket.write(this.#connectPacket())
    this.#after(5, () => socket.destroy())
  }

  open(address: string, port: number): void {
    const { options, traits } = this.#device
    const { host, caPem, certificate } = options
    const servername = traits.serverName(host)
    // Otherwise Node ends its own half by itself.
    const tcp = connectTcp({ host: address, port, allowHalfOpen: true })
    this.#tcp = tcp
    const socket = connectTls({
      ...{ socket: tcp, servername, ca: caPem, allowHalfOpen: true },
      ...(certificate === undefined ? {} : { key: certificate.key, cert: certificate.cert }),
      // Whoever sends no name compares it none the less.
      checkServerIdentity: (_name, shown) => checkServerIdentity(host, shown),
      ...traits.tls,
      ...(this.#device.failures > 0 ? traits.tlsAfterFailure : {}),
      rejectUnauthorized: false,
    })
    this.#socket = socket
    socket.setNoDelay(true)
    this.#limit('handshake', traits.handshakeSeconds, () => {
      this.#end({ handshake: true })
    })
    if (traits.breaksHandshake)
      tcp.once('connect', () => {
        this.#end({ handshake: true })
      })
    socket.on('secureConnect', () => {
      this.#lift('handshake')
      const problem = this.#certificateProblem(socket)
      if (problem !== undefined) this.#end({ handshake: true, certificate: problem })
      else if (options.webSocket === true) this.#upgrade(socket)
      else this.#connect()
    })
    if (options.webSocket !== true)
      socket.on('data', (bytes: Buffer) => {
        this.#received(bytes)
      })
    socket.on('end', () => {
      if (this.#reader.waiting > 0 && traits.halfPacket === 'hang') this.#hung = true
      else if (traits.halfClose === 'close') this.#end(this.#refusal())
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const { code = '' } = error
      if (this.openedAt !== undefined && code === 'ECONNRESET' && !traits.survivesReset) this.#device.die()
      const isCertificate = /CERT|SELF_SIGNED|ISSUER|ALTNAME/.test(code)
      const refused = { handshake: true, ...(isCertificate ? { certificate: code } : {}) }
      this.#end(this.#isHandshaking ? refused : this.#refusal())
    })
    socket.on('close', () => {
      this.#end(this.#refusal())
    })
  }

  /** MQTT goes through a WebSocket. */
  #upgrade(socket: TLSSocket): void {
    const { host } = this.#device.options
    const webSocket = new WebSocket(`wss://${host}/$iothub/websocket`, 'mqtt', {
      createConnection: () => socket,
    })
    this.#webSocket = webSocket
    const failed = (): void => {
      this.#end(this.#refusal())
    }
    webSocket.once('open', () => {
      this.#connect()
    })
    webSocket.on('message', (bytes: Buffer) => {
      this.#received(bytes)
    })
    webSocket.once('close', failed).on('error', failed)
  }

  /** The certificate is judged before anything is said; with an alert where the stack can send one. */
  #certificateProblem(socket: TLSSocket): string | undefined {
    const { traits } = this.#device
    const shown = socket.getPeerX509Certificate()
    if (shown === undefined) return 'NO_CERT'
    if (traits.pinsLeaf) {
      if (this.#device.pinned !== undefined && this.#device.pinned !== shown.fingerprint256)
        return 'OTHER_CERT'
      this.#device.pin(shown.fingerprint256)
    }
    if ((this.#tcp?.bytesRead ?? 0) > traits.largestHandshakeBytes) return 'LARGE_CERT'
    const code = codeOf(socket.authorizationError)
    const overlooked = code === '' || traits.overlooks(code, this.#device.connections, this.#device.failures)
    return overlooked ? undefined : code
  }

  get #isHandshaking(): boolean {
    return this.#limits.has('handshake')
  }

  #refusal(): Refused | undefined {
    if (this.openedAt !== undefined) return undefined
    return this.#isHandshaking ? { handshake: true } : {}
  }

  #connectPacket(): Buffer {
    const { options, traits } = this.#device
    const { host, deviceId } = options
    return packets.connect({
      ...traits.protocol,
      clientId: traits.clientId(deviceId),
      username: traits.username(host, deviceId),
      password: this.#device.password(),
      keepAlive: traits.keepAlive,
      clean: traits.clean(this.#device.failures),
      will: traits.will === undefined ? undefined : { topic: traits.will, body: 'gone', qos: traits.willQos },
    })
  }

  #connect(): void {
    const { traits } = this.#device
    this.send(this.#connectPacket())
    this.#after(traits.repeatsConnectSeconds, () => {
      if (this.openedAt === undefined) this.#connect()
    })
    this.#limit('connack', traits.connackSeconds, () => {
      this.#end({})
    })
  }

  /** @returns whether it was sent: the link is there. */
  send(bytes: Buffer): boolean {
    const socket = this.#socket
    if (socket === undefined || this.#ended || this.#hung || !socket.writable) return false
    this.#lastSentAt = this.#device.clock.now()
    if (this.#webSocket === undefined) socket.write(bytes)
    else this.#webSocket.send(bytes)
    return true
  }

  #received(bytes: Buffer): void {
    if (this.#ended || this.#hung) return
    this.#lastHeardAt = this.#device.clock.now()
    const { traits } = this.#device
    if (traits.reads === 'whole') this.#reader.drop()
    this.#reader.push(bytes)
    try {
      for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
        if (next.body.length > traits.largestPacket) {
          this.#device.die()
          return
        }
        if (next.body.length <= traits.discardsAbove) this.#take(next)
        if (traits.reads === 'first') {
          this.#reader.drop()
          return
        }
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      if (traits.malformed === 'close') this.#end(this.#refusal())
      else if (traits.malformed === 'ignore') this.#reader.drop()
      else this.#hung = true
    }
  }

  #take(incoming: packets.Incoming): void {
    switch (incoming.type) {
      case CONNACK:
        this.#acknowledged(incoming.body)
        return
      case PUBLISH:
        this.#device.app.delivered(packets.delivery(incoming), this)
        return
      case PUBACK:
        this.#device.app.acknowledged(incoming.body.readUInt16BE(0))
        return
      case SUBACK: {
        const subscribed = this.#subscribed
        if (subscribed?.id !== incoming.body.readUInt16BE(0)) return
        this.#lift('suback')
        this.#subscribed = undefined
        subscribed.then()
        return
      }
      case PINGRESP:
        this.#lift('ping')
        return
      default:
        throw new RangeError('a packet that no server sends')
    }
  }

  #acknowledged(body: Buffer): void {
    this.#lift('connack')
    const [flags = 0, code = 0] = body
    if (code !== 0) {
      this.#end({ code })
      return
    }
    const device = this.#device
    this.openedAt = device.clock.now()
    this.present = (flags & 1) === 1
    this.#watchIdle()
    if (device.options.keys.length > 0 && device.traits.renewsAt < 1)
      this.#after(device.renewInMs / 1000, () => {
        device.renew()
      })
    device.app.opened(this)
    device.connections++
  }

  /** Subscribes, and tells when that is in force. */
  subscribe(id: number, filters: readonly string[], then: () => void): void {
    const { traits } = this.#device
    this.#subscribed = { id, then: traits.waitsForSuback ? then : () => undefined }
    this.send(packets.subscribe(id, filters, traits.subscribeQos, traits.subscribeFlags))
    this.#limit('suback', traits.subackSeconds, () => {
      this.#end(undefined)
    })
    if (!traits.waitsForSuback) then()
  }

  #watchIdle(): void {
    const { traits, clock } = this.#device
    if (traits.keepAlive === 0) return
    const wait = traits.keepAlive * traits.pingsAfter
    const look = (): void => {
      // Whoever sends all the time and hears nothing pings as well.
      const quiet =
        traits.pingsWhen === 'unheard' ? this.#lastHeardAt : Math.min(this.#lastSentAt, this.#lastHeardAt)
      const idle = (clock.now() - (traits.pingSeconds === Infinity ? this.#lastSentAt : quiet)) / 1000
      if (idle < wait - 0.001) {
        this.#after(wait - idle, look)
        return
      }
      this.send(packets.PINGREQ)
      if (!this.#limits.has('ping'))
        this.#limit('ping', traits.pingSeconds, () => {
          this.#end(undefined)
        })
      this.#after(wait, look)
    }
    this.#after(wait, look)
  }

  disconnect(): void {
    this.send(packets.DISCONNECT)
    this.#ended = true
    this.#clear()
    const socket = this.#socket
    if (this.#device.traits.closesAfterDisconnect) socket?.end(() => socket.destroy())
  }

  /** Ends it without a word. */
  drop(): void {
    this.#ended = true
    this.#clear()
    this.#socket?.destroy()
  }

  /** It is gone, and the device knows. */
  lose(): void {
    this.#end(undefined)
  }

  /** Keeps the socket and does nothing with it. */
  hang(): void {
    this.#hung = true
    this.#clear()
  }

  #end(refused: Refused | undefined): void {
    // Whoever hangs notices nothing.
    if (this.#ended || this.#hung) return
    this.drop()
    this.#device.ended(this, refused)
  }

  /** Runs once after seconds, while the link is there. */
  after(seconds: number, run: () => void): void {
    this.#after(seconds, run)
  }

  #after(seconds: number, run: () => void): void {
    if (!Number.isFinite(seconds)) return
    const cancel = this.#device.clock.schedule(seconds * 1000, () => {
      this.#timers.delete(cancel)
      if (!this.#ended && !this.#hung) run()
    })
    this.#timers.add(cancel)
  }

  #limit(name: string, seconds: number, run: () => void): void {
    this.#lift(name)
    if (!Number.isFinite(seconds)) {
      this.#limits.set(name, () => undefined)
      return
    }
    const cancel = this.#device.clock.schedule(seconds * 1000, () => {
      if (!this.#hung) run()
    })
    this.#limits.set(name, cancel)
  }

  #lift(name: string): void {
    this.#limits.get(name)?.()
    this.#limits.delete(name)
  }

  #clear(): void {
    for (const cancel of this.#timers) cancel()
    for (const cancel of this.#limits.values()) cancel()
    this.#timers.clear()
    this.#limits.clear()
  }
}

/** Node has an error here, whatever its types say; null: the certificate is good. */
function codeOf(error: unknown): string {
  if (error instanceof Error) return 'code' in error ? String(error.code) : error.message
  return typeof error === 'string' ? error : ''
}
