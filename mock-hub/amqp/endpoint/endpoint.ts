/**
 * The hub's endpoint of an AMQP connection after SASL: open, sessions, close. rhea's endpoint is not used: its frames
 * omit trailing fields, its links wait for each other's credit, and it uses the system's timers (decision 18).
 */

import type { Clock } from '../../base/clock.ts'
import { AMQP_FRAME, EMPTY_FRAME, frameOf } from '../codec/frames.ts'
import type { Frame } from '../codec/frames.ts'
import type { Link } from './links.ts'
import { AmqpViolation } from '../codec/malformed.ts'
import type { AmqpError, PerformativeName, Performatives } from '../codec/performative-fields.ts'
import { Session } from './session.ts'
import type { SessionPort } from './session.ts'

/** Largest frame that the hub accepts, in bytes. */
export const MAX_FRAME_BYTES = 65_536
const LEAST_FRAME_BYTES = 512
/** A pooled .NET device opens a session of its own (docs/contract/amqp.md#amqp-open). */
const CHANNEL_MAX = 8_191
/** A client must send a frame, or a heartbeat, within this time. */
const IDLE_MS = 240_000
const LEAST_HEARTBEAT_MS = 100
/** How long the hub waits for the client's CLOSE after its own. */
const CLOSE_MS = 5_000

export interface EndpointPort {
  readonly clock: Clock
  readonly containerId: string
  write(bytes: Buffer): void
  /** Called for each frame. */
  record(direction: 'in' | 'out', name: PerformativeName, fields: object, payload: Buffer | undefined): void
  attached(link: Link): void
  /** The connection is closed: the stream may end. */
  closed(error: AmqpError | undefined): void
}

export class Endpoint implements SessionPort {
  readonly #port: EndpointPort
  readonly #sessions = new Map<number, Session>()
  /** Channels whose session the peer has ended: Python's client ends twice, and detaches links afterwards. */
  readonly #ended = new Set<number>()
  /** `closing`: the hub has sent CLOSE, and the client has not. */
  #state: 'new' | 'open' | 'closing' | 'closed' = 'new'
  #peerFrameSize = LEAST_FRAME_BYTES
  #error: AmqpError | undefined
  #cancelHeartbeat: () => void = () => undefined
  #cancelWait: () => void = () => undefined

  constructor(port: EndpointPort) {
    this.#port = port
  }

  get up(): boolean {
    return this.#state === 'open'
  }

  get peerFrameSize(): number {
    return this.#peerFrameSize
  }

  /** @throws AmqpViolation */
  receive({ channel, performative, payload }: Frame): void {
    if (this.#state === 'closed' || performative === undefined) return
    this.#port.record('in', performative.name, performative.fields, payload)
    const { name, fields } = performative
    if (this.#state === 'closing') {
      if (name === 'close') this.#finished()
      return
    }
    if (this.#state === 'new') {
      if (name !== 'open') throw new AmqpViolation('amqp:connection:framing-error', 'open first', name)
      this.#opened(fields)
      return
    }
    if (name === 'close') {
      this.#closed(fields.error)
      return
    }
    const session = this.#sessions.get(channel)
    if (name === 'begin') {
      if (session !== undefined || channel > CHANNEL_MAX)
        throw new AmqpViolation(
          'amqp:not-allowed',
          `a channel that is free and at most ${CHANNEL_MAX}`,
          `${channel}`,
        )
      this.#ended.delete(channel)
      this.#sessions.set(channel, new Session(this, channel, fields))
      return
    }
    if (session === undefined) {
      if (this.#ended.has(channel)) return
      throw new AmqpViolation('amqp:not-allowed', `a session on channel ${channel}`, `${name} without one`)
    }
    if (name === 'end') {
      this.#sessions.delete(channel)
      this.#ended.add(channel)
    }
    session.receive(performative, payload)
  }

  /** Closes the connection. The stream stays open for the client's CLOSE, for a while (WIRE-AMQP-12). */
  close(error?: AmqpError): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    const opened = this.#state === 'open'
    // A CLOSE needs an OPEN before it, also for a client that has not sent its own (AMQP 2.4.4).
    if (!opened) this.#sendOpen()
    this.send(0, 'close', { error })
    this.lost()
    this.#state = 'closing'
    this.#error = error
    if (opened)
      this.#cancelWait = this.#port.clock.schedule(CLOSE_MS, () => {
        this.#finished()
      })
    else this.#finished()
  }

  /** The stream is gone. */
  lost(): void {
    this.#state = 'closed'
    this.#cancelWait()
    this.#cancelHeartbeat()
    for (const session of [...this.#sessions.values()]) session.lost()
    this.#sessions.clear()
  }

  // ---- SessionPort

  send<K extends PerformativeName>(
    channel: number,
    name: K,
    fields: Performatives[K],
    payload?: Buffer,
  ): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#port.record('out', name, fields, payload)
    this.#port.write(frameOf(AMQP_FRAME, channel, name, fields, payload))
  }

  attached(link: Link): void {
    this.#port.attached(link)
  }

  #opened({ maxFrameSize = LEAST_FRAME_BYTES, idleTimeOut }: Performatives['open']): void {
    if (maxFrameSize < LEAST_FRAME_BYTES)
      throw new AmqpViolation(
        'amqp:invalid-field',
        `a max-frame-size of at least ${LEAST_FRAME_BYTES}`,
        `${maxFrameSize}`,
      )
    this.#state = 'open'
    this.#peerFrameSize = Math.min(maxFrameSize, MAX_FRAME_BYTES)
    this.#sendOpen()
    if (idleTimeOut !== undefined && idleTimeOut > 0)
      this.#heartbeat(Math.max(LEAST_HEARTBEAT_MS, idleTimeOut / 2))
  }

  #sendOpen(): void {
    this.send(0, 'open', {
      containerId: this.#port.containerId,
      hostname: undefined,
      maxFrameSize: MAX_FRAME_BYTES,
      channelMax: CHANNEL_MAX,
      idleTimeOut: IDLE_MS,
      properties: new Map(),
    })
  }

  /** Sends heartbeats, for a client that closes a silent connection. */
  #heartbeat(ms: number): void {
    this.#cancelHeartbeat = this.#port.clock.schedule(ms, () => {
      if (!this.up) return
      this.#port.write(EMPTY_FRAME)
      this.#heartbeat(ms)
    })
  }

  #closed(error: AmqpError | undefined): void {
    this.send(0, 'close', {})
    this.#error = error
    this.#finished()
  }

  #finished(): void {
    this.lost()
    this.#port.closed(this.#error)
  }
}
