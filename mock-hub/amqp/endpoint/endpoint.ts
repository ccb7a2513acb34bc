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
/** A client that sends no frame in this time is closed; it is told half of it (WIRE-AMQP-16). */
const IDLE_MS = 240_000
/** The shortest idle time-out of a client (WIRE-AMQP-17). */
const LEAST_IDLE_MS = 5_000
/** How long the hub waits for the client's CLOSE after its own. */
const CLOSE_MS = 5_000

export interface EndpointPort {
  readonly clock: Clock
  readonly containerId: string
  write(bytes: Buffer): void
  /** Bytes that wait for the client. */
  unread(): number
  /** The client has not read what was written. */
  congested(): boolean
  /** Called for each frame. */
  record(direction: 'in' | 'out', name: PerformativeName, fields: object, payload: Buffer | undefined): void
  attached(link: Link): void
  /** Journals a violation that ends a session or a link. @returns the error for the client. */
  refused(error: AmqpViolation): AmqpError
  /** The client has violated AMQP outside of a frame. */
  violated(error: AmqpViolation): void
  /** The connection is closed: the stream may end. @param byClient the client closed first. */
  closed(error: AmqpError | undefined, byClient: boolean): void
}

export class Endpoint implements SessionPort {
  readonly #port: EndpointPort
  readonly #sessions = new Map<number, Session>()
  /** `closing`: the hub has sent CLOSE, and the client has not. */
  #state: 'new' | 'open' | 'closing' | 'closed' = 'new'
  /** Largest frame of either side, in bytes. */
  #frameSize = MAX_FRAME_BYTES
  #channelMax = CHANNEL_MAX
  #error: AmqpError | undefined
  /** When the last frame came, in epoch ms. */
  #heardAt = 0
  #cancelSilence: () => void = () => undefined
  #cancelHeartbeat: () => void = () => undefined
  #cancelWait: () => void = () => undefined

  constructor(port: EndpointPort) {
    this.#port = port
  }

  get up(): boolean {
    return this.#state === 'open'
  }

  get congested(): boolean {
    return this.#port.congested()
  }

  get peerFrameSize(): number {
    return this.#frameSize
  }

  /** @throws AmqpViolation */
  receive({ channel, performative, payload }: Frame): void {
    this.#heardAt = this.#port.clock.now()
    if (this.#state === 'closed' || performative === undefined) return
    this.#port.record('in', performative.name, performative.fields, payload)
    const { name, fields } = performative
    if (this.#state === 'closing') {
      if (name === 'close') this.#finished(false)
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
    if (name === 'open') throw new AmqpViolation('amqp:illegal-state', 'one OPEN', 'another one')
    const session = this.#sessions.get(channel)
    if (name === 'begin') {
      this.#begin(channel, session, fields)
      return
    }
    if (session === undefined) {
      // The session may have ended from either side.
      if (name === 'end' || name === 'detach') return
      throw new AmqpViolation('amqp:not-found', `a session on channel ${channel}`, `${name} without one`)
    }
    if (name === 'end') this.#sessions.delete(channel)
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
        this.#finished(false)
      })
    else this.#finished(false)
  }

  /** The client has read what was written: messages that wait can follow. */
  drained(): void {
    for (const session of [...this.#sessions.values()]) session.windowOpened()
  }

  /** The stream is gone. */
  lost(): void {
    this.#state = 'closed'
    this.#cancelWait()
    this.#cancelSilence()
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

  refused(error: AmqpViolation): AmqpError {
    return this.#port.refused(error)
  }

  #opened({ maxFrameSize = 0, channelMax = 0, idleTimeOut = 0 }: Performatives['open']): void {
    if (maxFrameSize < LEAST_FRAME_BYTES)
      throw new AmqpViolation(
        'amqp:invalid-field',
        `a max-frame-size of at least ${LEAST_FRAME_BYTES}`,
        `${maxFrameSize}`,
      )
    this.#state = 'open'
    this.#frameSize = Math.min(maxFrameSize, MAX_FRAME_BYTES)
    this.#channelMax = Math.min(channelMax, CHANNEL_MAX)
    this.#sendOpen()
    if (idleTimeOut > 0 && idleTimeOut < LEAST_IDLE_MS)
      throw new AmqpViolation(
        'amqp:not-allowed',
        `an idle-time-out of at least ${LEAST_IDLE_MS} ms, or none`,
        `${idleTimeOut} ms`,
        `Idle timeout value specified in connection OPEN ('${idleTimeOut} ms') is not supported. Minimum idle timeout is '${LEAST_IDLE_MS}' ms.`,
      )
    this.#watchSilence(IDLE_MS)
    // As the service does: the client sees a frame just in time.
    if (idleTimeOut > 0) this.#heartbeat((idleTimeOut * 7) / 8)
  }

  /** What the hub supports, or the client if that is less (docs/contract/amqp.md#amqp-open). */
  #sendOpen(): void {
    this.send(0, 'open', {
      containerId: this.#port.containerId,
      hostname: 'localhost',
      maxFrameSize: this.#frameSize,
      channelMax: this.#channelMax,
      idleTimeOut: IDLE_MS / 2,
      properties: new Map(),
    })
  }

  #begin(channel: number, known: Session | undefined, fields: Performatives['begin']): void {
    if (known !== undefined)
      throw new AmqpViolation('amqp:session:handle-in-use', 'a channel that is free', `${channel}`)
    if (channel > this.#channelMax)
      throw new AmqpViolation(
        'amqp:resource-limit-exceeded',
        `a channel of at most ${this.#channelMax}`,
        `${channel}`,
      )
    this.#sessions.set(channel, new Session(this, channel, fields))
  }

  /** @param ms until the client has been silent for too long, if no frame comes. */
  #watchSilence(ms: number): void {
    const { clock, containerId } = this.#port
    this.#cancelSilence = clock.schedule(ms, () => {
      if (!this.up) return
      const left = this.#heardAt + IDLE_MS - clock.now()
      if (left > 0) {
        this.#watchSilence(left)
        return
      }
      this.#port.violated(
        new AmqpViolation(
          'amqp:connection:forced',
          `a frame, or a heartbeat, every ${IDLE_MS / 1000} s`,
          this.#silenceText(),
          `The connection was inactive for more than the allowed ${IDLE_MS} milliseconds and is closed by container '${containerId}'.`,
        ),
      )
    })
  }

  /** While the client does not read, it is not read either. */
  #silenceText(): string {
    const unread = this.#port.unread()
    return unread === 0 ? 'none' : `none, while it left ${unread} bytes unread`
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
    this.#finished(true)
  }

  #finished(byClient: boolean): void {
    this.lost()
    this.#port.closed(this.#error, byClient)
  }
}
