/** A client for tests of the adapter that sends raw packets, also invalid ones, and keeps all that it receives. */

import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import mqttPacket from 'mqtt-packet'
import type { IConnectPacket, Packet } from 'mqtt-packet'

/** A packet as it was received, with the fields that tests read most. */
export type Received = Packet & {
  readonly topic?: string
  readonly payload?: Buffer | string
  readonly messageId?: number
  readonly returnCode?: number
  readonly sessionPresent?: boolean
  readonly granted?: readonly number[]
}

export class RawClient {
  readonly received: Received[] = []
  readonly #stream: Duplex
  /** The hub's end, if it is known: a pair of duplexes does not pass on that one end was destroyed. */
  readonly #far: Duplex | undefined
  readonly #parser = mqttPacket.parser({ protocolVersion: 4 })
  #closed = false
  #garbled = false
  #taken = 0
  #wake: () => void = () => undefined

  constructor(stream: Duplex, far?: Duplex) {
    this.#stream = stream
    this.#far = far
    this.#parser.on('packet', (packet) => {
      this.received.push(packet as Received)
      this.#wake()
    })
    stream.on('data', (chunk: Buffer) => {
      try {
        this.#parser.parse(chunk)
      } catch {
        this.#garbled = true
        this.#wake()
      }
    })
    const ended = (): void => {
      this.#closed = true
      this.#wake()
    }
    stream.on('end', ended)
    stream.on('close', ended)
    stream.on('error', ended)
    far?.on('close', ended)
  }

  /** The two ends of a connection without a network. */
  static pair(): { client: RawClient; stream: Duplex } {
    const [near, far] = duplexPair()
    return { client: new RawClient(near, far), stream: far }
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Several packets in one write. */
  send(...packets: (Packet | Buffer | Uint8Array)[]): void {
    this.#stream.write(
      Buffer.concat(
        packets.map((packet) => (packet instanceof Uint8Array ? packet : mqttPacket.generate(packet))),
      ),
    )
  }

  connect(options: Partial<IConnectPacket> & { clientId: string }): void {
    this.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 0,
      ...options,
    })
  }

  /** The next packet that has not been taken. @throws Error when the connection closes instead. */
  async next(): Promise<Received> {
    for (;;) {
      const packet = this.received[this.#taken]
      if (packet !== undefined) {
        this.#taken++
        return packet
      }
      if (this.#closed) throw new Error('the connection was closed and no packet arrived')
      await this.#event()
    }
  }

  /** The next packet of this kind; others are skipped. */
  async take(cmd: Packet['cmd']): Promise<Received> {
    for (;;) {
      const packet = await this.next()
      if (packet.cmd === cmd) return packet
    }
  }

  /** Resolves when bytes have arrived that are not a packet. */
  async garbage(): Promise<void> {
    while (!this.#garbled) await this.#event()
  }

  async closing(): Promise<void> {
    while (!this.#closed) await this.#event()
  }

  /** Waits until everything sent before has been handled, by a ping. @returns the packets that came before its answer. */
  async settled(): Promise<Received[]> {
    this.send({ cmd: 'pingreq' })
    const before: Received[] = []
    for (;;) {
      const packet = await this.next()
      if (packet.cmd === 'pingresp') return before
      before.push(packet)
    }
  }

  /** Stops reading. */
  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  /** Loses the connection without DISCONNECT. */
  drop(): void {
    this.#stream.destroy()
    this.#far?.destroy()
  }

  #event(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}
