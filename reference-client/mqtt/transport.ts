/**
 * Transport over mqtt.js, which only this file and `keep-alive.ts` import. Each attempt has its own mqtt.js client,
 * which gets an open stream and never reconnects: `connection/machine.ts` decides when to connect. Publishes bypass
 * mqtt.js, which took a third of the CPU of a send (decision 16).
 */

import { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import { type IClientOptions, MqttClient, Store } from 'mqtt'
import { afterPromises, atEndOfTurn, type Clock } from '../core/clock.ts'
import type { Link, LinkListener, Transport } from '../core/ports.ts'
import { connectionDropped, lostBeforeConnack, protocolFailed } from '../net/errors.ts'
import { openSocket, type DialOptions } from '../net/open-socket.ts'
import { connackError } from './errors.ts'
import { KeepAlive } from './keep-alive.ts'
import { PublishFrames } from './publish-frame.ts'
import { upgrade } from './web-socket.ts'

export interface MqttSettings {
  readonly dial: DialOptions
  readonly websockets: boolean
  readonly clientId: string
  readonly username: string
  /** Seconds. */
  readonly keepAlive: number
}

/** Packet ids of subscriptions, from the top; publishes, at most a window of them, are numbered from the bottom. */
const SUBSCRIPTION_IDS = 100
/** Time for the hub to close after DISCONNECT; then the client closes. */
const CLOSE_LIMIT_MS = 1_000
/** Packets per write: fewer than the window, so that the hub works while the client collects the next. */
const MAX_BATCH = 8

/** The longest timer of Node: disables the limit of mqtt.js, because `connection.ts` has its own. */
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
  readonly #cancelled = new AbortController()
  readonly #keepAlive: KeepAlive
  readonly #frames = new PublishFrames()
  /** The callbacks for acknowledgements, by packet id. */
  readonly #inFlight = new Map<number, () => void>()
  /** Packets that are not yet written. */
  #batch: Buffer[] = []
  #lastSubscriptionId = 0
  #listener: LinkListener | undefined
  #client: MqttClient | undefined
  #stream: Duplex | undefined
  #up = false
  #lastError: unknown

  constructor(settings: MqttSettings, sasToken: string | undefined, listener: LinkListener) {
    this.#settings = settings
    this.#clock = settings.dial.clock
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
    this.#batch.push(this.#frames.frame(packetId, topic, payload, dup))
    if (isAlone || this.#batch.length === MAX_BATCH) this.#flush()
    else if (this.#batch.length === 1) {
      atEndOfTurn(() => {
        this.#flush()
      })
    }
  }

  /** The packets of one turn share a TLS record and a system call. A single packet does not wait. */
  #flush(): void {
    const [first, ...others] = this.#batch
    if (first === undefined) return
    this.#batch = []
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
      // mqtt.js also calls back when the link is lost, just before it reports the loss.
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
    // mqtt.js would wait for pending subscriptions; DISCONNECT is sent at once.
    for (const packetId of Object.keys(client.outgoing)) client.removeOutgoingMessage(Number(packetId))
    const stopAlarm = this.#clock.schedule(CLOSE_LIMIT_MS, () => {
      this.#stream?.destroy()
    })
    client.end(false, () => {
      stopAlarm()
      closed()
    })
  }

  destroy(): void {
    this.#silence()
    this.#cancelled.abort(new Error('Cancelled'))
    this.#client?.end(true)
  }

  #silence(): void {
    this.#listener = undefined
    this.#keepAlive.stop()
  }

  async #open(sasToken: string | undefined): Promise<void> {
    try {
      const { dial, websockets } = this.#settings
      const socket = await openSocket(dial, this.#cancelled.signal)
      const stream = websockets
        ? await upgrade(socket, dial.host, this.#clock, this.#cancelled.signal)
        : socket
      if (this.#cancelled.signal.aborted) stream.destroy()
      else this.#start(stream, sasToken)
    } catch (error) {
      const failure = error instanceof Error ? error : protocolFailed(error)
      this.#listener?.failed(failure)
    }
  }

  #start(stream: Duplex, sasToken: string | undefined): void {
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
      if (cmd === 'publish') gatherAnswers(stream)
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
      client.end(true) // mqtt.js does not close after a malformed packet; 'close' follows
    })
    stream.on('error', (error) => {
      this.#lastError ??= error // mqtt.js ignores errors without a code
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
        getLastAllocated: () => 65_536 - this.#lastSubscriptionId,
        register: () => true,
        deallocate: nothing,
        clear: nothing,
      },
    }
  }

  /** Counts down from the top, which publishes never reach. */
  #allocate(): number {
    this.#lastSubscriptionId = (this.#lastSubscriptionId % SUBSCRIPTION_IDS) + 1
    return 65_536 - this.#lastSubscriptionId
  }
}

/** PUBACK, and what the program sends because of the message, leave together: in one TLS record and system call. */
function gatherAnswers(stream: Duplex): void {
  stream.cork()
  afterPromises(() => {
    stream.uncork()
  })
}

/** Stores nothing: `connection/outbox.ts` keeps what must be resent. */
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
  // Packet ids need no bookkeeping here.
}
