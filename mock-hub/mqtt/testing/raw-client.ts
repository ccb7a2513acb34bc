/** A client for border tests that speaks raw packets: it sends what no well-behaved client would, and shows all it gets. */

import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import mqttPacket from 'mqtt-packet'
import type { IConnectPacket, Packet } from 'mqtt-packet'

/** A packet as it came, with what tests look at most. */
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
  /** The hub's end, where it is at hand: a pair of duplexes does not carry a destroy across. */
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
    const over = (): void => {
      this.#closed = true
      this.#wake()
    }
    stream.on('end', over)
    stream.on('close', over)
    stream.on('error', over)
    far?.on('close', over)
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

  /** The next packet not yet looked at. @throws Error when the connection closes instead. */
  async next(): Promise<Received> {
    for (;;) {
      const packet = this.received[this.#taken]
      if (packet !== undefined) {
        this.#taken++
        return packet
      }
      if (this.#closed) throw new Error('the connection closed and no packet came')
      await this.#something()
    }
  }

  /** The next packet of this kind; others are skipped. */
  async take(cmd: Packet['cmd']): Promise<Received> {
    for (;;) {
      const packet = await this.next()
      if (packet.cmd === cmd) return packet
    }
  }

  /** Bytes have come that are no packet. */
  async garbage(): Promise<void> {
    while (!this.#garbled) await this.#something()
  }

  async closing(): Promise<void> {
    while (!this.#closed) await this.#something()
  }

  /** Everything sent before this has been handled: the answer to a ping proves it. @returns what came before it. */
  async settled(): Promise<Received[]> {
    this.send({ cmd: 'pingreq' })
    const before: Received[] = []
    for (;;) {
      const packet = await this.next()
      if (packet.cmd === 'pingresp') return before
      before.push(packet)
    }
  }

  /** Leaves what comes where it is. */
  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  /** Loses the connection without a word. */
  drop(): void {
    this.#stream.destroy()
    this.#far?.destroy()
  }

  #something(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}
