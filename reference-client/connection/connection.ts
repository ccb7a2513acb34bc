/**
 * Runs the machine: performs its effects on a transport and a clock, and carries what waits for the connection.
 * Source: docs/contract/client/connection.md#client-loss.
 */

import type { Clock } from '../core/clock.ts'
import { alreadyShutDown, ClientError, ConnectionDroppedError, NoConnectionError } from '../core/errors/client-errors.ts'
import { IoTHubError } from '../core/errors/iot-hub-error.ts'
import { OperationCancelled, OperationTimeout } from '../core/errors/operation-errors.ts'
import type { Credentials, Link, ConnectionAware, Transport } from '../core/ports.ts'
import { diagnose } from '../client/diagnostics.ts'
import {
  type Effect,
  type Event,
  INITIAL,
  isBetween,
  type Outcome,
  type Policy,
  type Release,
  type State,
  step,
  type Want,
} from './machine.ts'

/** From the start of an attempt to CONNACK (docs/contract/client/timing.md#client-timing). */
const CONNACK_LIMIT_MS = 60_000
/** The first try after a drop is made at once, in effect (docs/contract/client/timing.md#client-timing). */
const FIRST_RETRY_MS = 10

export interface ConnectionSettings extends Policy {
  readonly autoConnect: boolean
  readonly connectionRetryIntervalMs: number
}

/** Told of what happens without a call. */
export interface ConnectionListener {
  /** `connected` really changed (decision D-18). */
  stateChanged(): void
  backgroundException(error: Error): void
  received(topic: string, payload: Buffer): void
}

export class Connection {
  readonly #settings: ConnectionSettings
  readonly #transport: Transport
  readonly #credentials: Credentials
  readonly #clock: Clock
  readonly #listener: ConnectionListener
  readonly #riders: ConnectionAware[] = []
  readonly #tickets = new Map<number, (outcome: Outcome) => void>()
  /** Calls that may not connect by themselves and wait for a stable state. */
  #stable: (() => void)[] = []
  #lastTicket = 0
  #state: State = INITIAL
  #link: Link | undefined
  #stopWatchdog: () => void = nothing
  #endPause: () => void = nothing
  #announced = false
  #sessionPresent = false
  readonly #events: Event[] = []
  #busy = false

  constructor(
    settings: ConnectionSettings,
    transport: Transport,
    credentials: Credentials,
    clock: Clock,
    listener: ConnectionListener,
  ) {
    this.#settings = settings
    this.#transport = transport
    this.#credentials = credentials
    this.#clock = clock
    this.#listener = listener
  }

  get connected(): boolean {
    return this.#state.at === 'connected'
  }

  get stopped(): boolean {
    return this.#state.at === 'stopped'
  }

  /** Hears of every link from now on. Riders go out in the order in which they came. */
  carry(rider: ConnectionAware): void {
    this.#riders.push(rider)
  }

  want(want: Want): Promise<void> {
    return new Promise((resolve, reject) => {
      const ticket = ++this.#lastTicket
      this.#tickets.set(ticket, (outcome) => {
        if (outcome === 'done') resolve()
        else reject(outcomeError(outcome))
      })
      this.#happen({ type: 'wanted', wish: { want, ticket } })
    })
  }

  /**
   * Could an operation start now without an error? For callers that cannot wait. @throws ClientError,
   * NoConnectionError.
   */
  assertReachable(): void {
    if (this.stopped) throw alreadyShutDown()
    if (!this.connected && !this.#settings.autoConnect && !isBetween(this.#state)) throw notConnected()
  }

  /**
   * Settles when connected: at once, or after connecting by itself when that is allowed.
   * While the state is between two, waits for it to become stable first (SRC-01).
   * @throws NoConnectionError, and the errors of the attempt.
   */
  async ready(): Promise<void> {
    while (!this.connected) {
      if (this.#settings.autoConnect || this.stopped) await this.want('open')
      else if (isBetween(this.#state)) {
        await new Promise<void>((resolve) => {
          this.#stable.push(resolve)
        })
      } else throw notConnected()
    }
  }

  /** Events that come while effects of an earlier one are being performed wait their turn. */
  #happen(event: Event): void {
    this.#events.push(event)
    if (this.#busy) return
    this.#busy = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#move(next)
    } finally {
      this.#busy = false
    }
    if (!isBetween(this.#state)) this.#releaseStable()
  }

  #move(event: Event): void {
    const [state, effects] = step(this.#state, event, this.#settings)
    if (state.at !== this.#state.at)
      diagnose('state', () => ({ from: this.#state.at, to: state.at, epoch: state.epoch }))
    this.#state = state
    for (const effect of effects) this.#perform(effect)
  }

  #releaseStable(): void {
    const waiting = this.#stable
    this.#stable = []
    for (const resume of waiting) resume()
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'dial':
        this.#dial(effect.epoch)
        return
      case 'hang-up':
        this.#hangUp(effect.epoch)
        return
      case 'abandon':
        this.#stopWatchdog()
        this.#dropLink()?.destroy()
        return
      case 'pause':
        this.#endPause = this.#clock.schedule(
          effect.first ? FIRST_RETRY_MS : this.#settings.connectionRetryIntervalMs,
          () => {
            this.#happen({ type: 'retry', epoch: effect.epoch })
          },
        )
        return
      case 'end-pause':
        this.#endPause()
        return
      case 'settle': {
        const settle = this.#tickets.get(effect.ticket)
        this.#tickets.delete(effect.ticket)
        settle?.(effect.outcome)
        return
      }
      case 'state-changed':
        if (effect.connected === this.#announced) return
        this.#announced = effect.connected
        this.#listener.stateChanged()
        return
      case 'report':
        this.#listener.backgroundException(effect.error)
        return
      case 'flush':
        this.#flush(effect.epoch)
        return
      case 'release':
        for (const rider of this.#riders) rider.release(() => releaseError(effect.why))
        return
    }
  }

  #dial(epoch: number): void {
    const fail = (error: Error) => {
      this.#stopWatchdog()
      this.#dropLink()?.destroy()
      this.#happen({ type: 'failed', epoch, error, final: isFinal(error) })
    }
    this.#stopWatchdog = this.#clock.schedule(CONNACK_LIMIT_MS, () => {
      fail(new OperationTimeout('Could not complete operation before timeout'))
    })
    this.#link = this.#transport.dial(this.#credentials.sasToken, {
      up: (sessionPresent) => {
        this.#stopWatchdog()
        this.#sessionPresent = sessionPresent
        this.#happen({ type: 'up', epoch })
      },
      failed: fail,
      down: (error) => {
        this.#dropLink()
        this.#happen({ type: 'down', epoch, error })
      },
      received: (topic, payload) => {
        this.#listener.received(topic, payload)
      },
    })
  }

  #flush(epoch: number): void {
    const link = this.#link
    if (link === undefined) return
    for (const rider of this.#riders) {
      if (this.#state.epoch !== epoch) return
      rider.attach(link, this.#sessionPresent)
    }
  }

  #hangUp(epoch: number): void {
    const link = this.#dropLink()
    const closed = () => {
      this.#happen({ type: 'closed', epoch })
    }
    try {
      if (link === undefined) closed()
      else link.close(closed)
    } catch (cause) {
      link?.destroy()
      const error = new ClientError('Unexpected failure', { cause })
      this.#happen({ type: 'closed', epoch, error })
    }
  }

  #dropLink(): Link | undefined {
    const link = this.#link
    this.#link = undefined
    for (const rider of this.#riders) rider.detach()
    return link
  }
}

/** Trying again cannot help: credentials, protocol, proxy (decision D-20). */
function isFinal(error: Error): boolean {
  return !(error instanceof IoTHubError && error.retryable)
}

function releaseError(why: Release): Error {
  if (why.because === 'cancelled') return cancelled()
  return why.error instanceof ConnectionDroppedError
    ? new ConnectionDroppedError('Lost connection to IoTHub', { cause: why.error.cause ?? why.error })
    : why.error
}

function outcomeError(outcome: Exclude<Outcome, 'done'>): Error {
  if (outcome === 'cancelled') return cancelled()
  return outcome === 'shut-down' ? alreadyShutDown() : outcome
}

function cancelled(): OperationCancelled {
  return new OperationCancelled('Operation was cancelled before completion')
}

function notConnected(): NoConnectionError {
  return new NoConnectionError('Client is not connected to IoTHub')
}

function nothing(): void {
  // No alarm is set.
}
