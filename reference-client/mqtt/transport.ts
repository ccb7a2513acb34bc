/**
 * Transport over mqtt.js, known in this file and its neighbour `keep-alive.ts` only. mqtt.js gets a stream that is
 * already open, one client for each attempt, and never reconnects by itself: `connection/machine.ts` decides. What it
 * publishes goes past mqtt.js, whose way for it took a third of the CPU of a send (decision 16).
 */

import { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import { type IClientOptions, MqttClient, Store } from 'mqtt'
import { atEndOfTurn, type Clock } from '../core/clock.ts'
import type { Link, LinkListener, Transport } from '../core/ports.ts'
import { connectionDropped, lostBeforeConnack, protocolFailed } from '../net/errors.ts'
import { openSocket, type DialOptions } from '../net/open-socket.ts'
import { connackError } from './errors.ts'
import { KeepAlive } from './keep-alive.ts'
import { PublishFrames } from './publish-frame.ts'
import { upgrade } from './web-socket.ts'

export interface MqttSettings {
  readonly road: DialOptions
  readonly websockets: boolean
  readonly clientId: string
  readonly username: string
  /** Seconds. */
  readonly keepAlive: number
}

/** So many ids at the top are for subscriptions: publishes, at most a window of them, come from below. */
const OTHER_IDS = 100
/** For the other side to close after our goodbye; then we do. */
const GOODBYE_LIMIT_MS = 1_000
/** Packets in one write: fewer than the window, so that the hub works while we gather the next. */
const GATHERED_AT_MOST = 8

/** mqtt.js's own limit is switched off with the longest timer there is; ours runs on our clock. */
const NEVER_MS = 2 ** 31 - 1

export class MqttTransport implements Transport {
  readonly #settings: MqttSettings

  constructor(settings: MqttSettings) {
    this.#settings = settings
  }

  dial(sasToken: string | undefined, listener: LinkListener): Link {
    return new MqttLink(this.#settings, sasToken, listener)
  }
}

class MqttLink implements Link {
  readonly #settings: MqttSettings
  readonly #clock: Clock
  readonly #givenUp = new AbortController()
  readonly #keepAlive: KeepAlive
  readonly #frames = new PublishFrames()
  /** By packet id, what to do at its acknowledgement. */
  readonly #inFlight = new Map<number, () => void>()
  /** Not yet written. */
  #gathered: Buffer[] = []
  #lastOtherId = 0
  #listener: LinkListener | undefined
  #client: MqttClient | undefined
  #stream: Duplex | undefined
  #up = false
  #lastError: unknown

  constructor(settings: MqttSettings, sasToken: string | undefined, listener: LinkListener) {
    this.#settings = settings
    this.#clock = settings.road.clock
    this.#keepAlive = new KeepAlive(this.#clock)
    this.#listener = listener
    void this.#open(sasToken)
  }

  publish(
    packetId: number,
    topic: string,
    payload: string | Uint8Array,
    dup: boolean,
    acknowledged: () => void,
  ): void {
    const isAlone = this.#inFlight.size === 0
    this.#inFlight.set(packetId, acknowledged)
    this.#gathered.push(this.#frames.frame(packetId, topic, payload, dup))
    if (isAlone || this.#gathered.length === GATHERED_AT_MOST) this.#flush()
    else if (this.#gathered.length === 1) {
      atEndOfTurn(() => {
        this.#flush()
      })
    }
  }

  /** Packets of one turn share a TLS record and a system call. A packet alone does not wait. */
  #flush(): void {
    const [first, ...others] = this.#gathered
    if (first === undefined) return
    this.#gathered = []
    if (this.#stream?.writable === true)
      this.#stream.write(others.length === 0 ? first : Buffer.concat([first, ...others]))
  }

  subscribe(filter: string, done: (error?: Error) => void): void {
    this.#flush()
    this.#client?.subscribe(filter, { qos: 1 }, (error) => {
      if (this.#listener !== undefined && this.#client?.connected === true) {
        done(error ? protocolFailed(error) : undefined)
      }
    })
  }

  unsubscribe(filter: string, done: (error?: Error) => void): void {
    this.#flush()
    this.#client?.unsubscribe(filter, (error) => {
      // A lost link calls back too, an instant before it is known to be lost.
      queueMicrotask(() => {
        if (this.#listener !== undefined && this.#client?.connected === true) {
          done(error ? protocolFailed(error) : undefined)
        }
      })
    })
  }

  close(closed: () => void): void {
    const client = this.#client
    this.#silence()
    if (client === undefined || !client.connected) {
      this.destroy()
      closed()
      return
    }
    this.#flush()
    // mqtt.js would wait for subscriptions under way; the goodbye goes at once.
    for (const packetId of Object.keys(client.outgoing)) client.removeOutgoingMessage(Number(packetId))
    const stopAlarm = this.#clock.schedule(GOODBYE_LIMIT_MS, () => {
      this.#stream?.destroy()
    })
    client.end(false, () => {
      stopAlarm()
      closed()
    })
  }

  destroy(): void {
    this.#silence()
    this.#givenUp.abort(new Error('Given up'))
    this.#client?.end(true)
  }

  #silence(): void {
    this.#listener = undefined
    this.#keepAlive.stop()
  }

  async #open(sasToken: string | undefined): Promise<void> {
    try {
      const { road, websockets } = this.#settings
      const socket = await openSocket(road, this.#givenUp.signal)
      const stream = websockets ? await upgrade(socket, road.host, this.#clock, this.#givenUp.signal) : socket
      if (this.#givenUp.signal.aborted) stream.destroy()
      else this.#speak(stream, sasToken)
    } catch (error) {
      const failure = error instanceof Error ? error : protocolFailed(error)
      this.#listener?.failed(failure)
    }
  }

  #speak(stream: Duplex, sasToken: string | undefined): void {
    let client: MqttClient
    try {
      client = new MqttClient(() => stream, this.#options(sasToken))
    } catch (error) {
      stream.destroy()
      this.#listener?.failed(protocolFailed(error))
      return
    }
    this.#client = client
    this.#stream = stream
    client.on('connect', ({ sessionPresent }) => {
      this.#up = true
      this.#listener?.up(sessionPresent)
    })
    client.on('packetreceive', ({ cmd, messageId }) => {
      if (cmd !== 'puback' || messageId === undefined) return
      const acknowledged = this.#inFlight.get(messageId)
      this.#inFlight.delete(messageId)
      acknowledged?.()
    })
    client.on('message', (topic, payload) => {
      this.#listener?.received(topic, payload)
    })
    client.on('error', (error) => {
      this.#lastError ??= error
      const returnCode = 'code' in error && typeof error.code === 'number' ? error.code : undefined
      if (!this.#up && returnCode !== undefined) this.#fail(connackError(returnCode))
      client.end(true) // a packet that is none does not close by itself; 'close' follows
    })
    stream.on('error', (error) => {
      this.#lastError ??= error // mqtt.js passes over errors without a code
    })
    client.on('close', () => {
      if (!this.#up) this.#fail(lostBeforeConnack(this.#lastError))
      else {
        const listener = this.#listener
        this.#silence()
        listener?.down(connectionDropped(this.#lastError ?? new Error('The connection was lost.')))
      }
    })
  }

  #fail(error: Error): void {
    const listener = this.#listener
    this.#silence()
    listener?.failed(error)
  }

  #options(sasToken: string | undefined): IClientOptions {
    return {
      clientId: this.#settings.clientId,
      username: this.#settings.username,
      ...(sasToken === undefined ? {} : { password: sasToken }),
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: false,
      keepalive: this.#settings.keepAlive,
      timerVariant: this.#keepAlive.timer,
      reconnectPeriod: 0,
      connectTimeout: NEVER_MS,
      resubscribe: false,
      queueQoSZero: false,
      outgoingStore: new NoStore(),
      messageIdProvider: {
        allocate: () => this.#allocate(),
        getLastAllocated: () => 65_536 - this.#lastOtherId,
        register: () => true,
        deallocate: nothing,
        clear: nothing,
      },
    }
  }

  /** Counts down from the top, where publishes never are. */
  #allocate(): number {
    this.#lastOtherId = (this.#lastOtherId % OTHER_IDS) + 1
    return 65_536 - this.#lastOtherId
  }
}

/** Nothing is kept here: `connection/outbox.ts` keeps what must be sent again. */
class NoStore extends Store {
  override put(_packet: unknown, done: (error?: Error) => void): this {
    done()
    return this
  }

  override del(_packet: unknown, done: () => void): this {
    done()
    return this
  }
}

function nothing(): void {
  // mqtt.js tells of ids that nobody here keeps.
}
