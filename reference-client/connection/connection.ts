/**
 * Runs the machine: performs its effects on a transport and a clock, and informs what depends on the connection.
 * Source: docs/contract/client/connection.md#client-loss.
 */

import type { Clock } from '../core/clock.ts'
import { asDocumented } from '../core/errors/as-documented.ts'
import {
  alreadyShutDown,
  ClientError,
  ConnectionDroppedError,
  CredentialError,
  NoConnectionError,
} from '../core/errors/client-errors.ts'
import { IoTHubError } from '../core/errors/iot-hub-error.ts'
import { OperationCancelled, OperationTimeout } from '../core/errors/operation-errors.ts'
import type { Credentials, Link, ConnectionAware, Transport } from '../core/ports.ts'
import { diagnose } from '../client/diagnostics.ts'
import { INITIAL, isTransient, step } from './machine.ts'
import type { Action, Effect, Event, Outcome, Policy, Release, State } from './states.ts'

/** Limit of an attempt, from its start to CONNACK (docs/contract/client/timing.md#client-timing). */
const CONNACK_LIMIT_MS = 60_000
/** The first retry after a loss follows at once, in effect (docs/contract/client/timing.md#client-timing). */
const FIRST_RETRY_MS = 10

export interface ConnectionSettings extends Policy {
  readonly autoConnect: boolean
  readonly connectionRetryIntervalMs: number
}

/** Learns what happens without a call. */
export interface ConnectionListener {
  /** `connected` has a new value (decision D-18). */
  stateChanged(): void
  backgroundException(error: Error): void
  received(topic: string, payload: Buffer): void
  /** The hub refused the credentials of an attempt to connect. */
  credentialsRefused(): void
  /** An attempt to connect is about to read the token. A promise that is rejected ends the attempt with that error. */
  beforeDial(): void | Promise<void>
}

export class Connection {
  readonly #settings: ConnectionSettings
  readonly #transport: Transport
  readonly #credentials: Credentials
  readonly #clock: Clock
  readonly #listener: ConnectionListener
  readonly #aware: ConnectionAware[] = []
  readonly #tickets = new Map<number, (outcome: Outcome) => void>()
  /** Calls that wait for a stable state because they may not connect. */
  #stable: (() => void)[] = []
  #lastTicket = 0
  #state: State = INITIAL
  #link: Link | undefined
  #stopWatchdog: () => void = nothing
  #cancelPause: () => void = nothing
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
    return this.#state.type === 'connected'
  }

  get stopped(): boolean {
    return this.#state.type === 'stopped'
  }

  /** Attaches the listener to every later link. Listeners are attached in the order of their registration. */
  register(listener: ConnectionAware): void {
    this.#aware.push(listener)
  }

  /** Settles when the action is done. @throws the error of the attempt; OperationCancelled; ClientError after shutdown. */
  run(action: Action): Promise<void> {
    return new Promise((resolve, reject) => {
      const ticket = ++this.#lastTicket
      this.#tickets.set(ticket, (outcome) => {
        if (outcome === 'done') resolve()
        else reject(outcomeError(outcome))
      })
      this.#happen({ type: 'command', command: { action, ticket } })
    })
  }

  /**
   * Checks whether an operation could start now, for callers that cannot wait.
   * @throws ClientError after shutdown; NoConnectionError when not connected and `autoConnect` is off.
   */
  assertReachable(): void {
    if (this.stopped) throw alreadyShutDown()
    if (!this.connected && !this.#settings.autoConnect && !isTransient(this.#state)) throw notConnected()
  }

  /**
   * Settles when connected. Connects when `autoConnect` is on; otherwise waits until the state is stable (SRC-01).
   * @throws NoConnectionError; the errors of the attempt.
   */
  async ready(): Promise<void> {
    while (!this.connected) {
      if (this.#settings.autoConnect || this.stopped) await this.run('open')
      else if (isTransient(this.#state)) {
        await new Promise<void>((resolve) => {
          this.#stable.push(resolve)
        })
      } else throw notConnected()
    }
  }

  /** Events that arrive while the effects of an earlier event are performed wait in a queue. */
  #happen(event: Event): void {
    this.#events.push(event)
    if (this.#busy) return
    this.#busy = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#move(next)
    } finally {
      this.#busy = false
    }
    if (!isTransient(this.#state)) this.#releaseStable()
  }

  #move(event: Event): void {
    const [state, effects] = step(this.#state, event, this.#settings)
    if (state.type !== this.#state.type)
      diagnose('state', () => ({ from: this.#state.type, to: state.type, epoch: state.epoch }))
    this.#state = state
    for (const effect of effects) this.#perform(effect)
  }

  #releaseStable(): void {
    const waiting = this.#stable
    this.#stable = []
    for (const resume of waiting) resume()
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'dial':
        this.#dial(effect.epoch)
        return
      case 'close':
        this.#close(effect.epoch)
        return
      case 'abandon':
        this.#stopWatchdog()
        this.#dropLink()?.destroy()
        return
      case 'pause':
        this.#cancelPause = this.#clock.schedule(
          effect.first ? FIRST_RETRY_MS : this.#settings.connectionRetryIntervalMs,
          () => {
            this.#happen({ type: 'retry', epoch: effect.epoch })
          },
        )
        return
      case 'cancel-pause':
        this.#cancelPause()
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
        for (const listener of this.#aware) listener.release(() => releaseError(effect.why))
        return
    }
  }

  #dial(epoch: number): void {
    const fail = (error: Error) => {
      this.#stopWatchdog()
      this.#dropLink()?.destroy()
      if (error instanceof CredentialError) this.#listener.credentialsRefused()
      this.#happen({ type: 'failed', epoch, error, final: isFinal(error) })
    }
    this.#stopWatchdog = this.#clock.schedule(CONNACK_LIMIT_MS, () => {
      fail(new OperationTimeout('Could not complete operation before timeout'))
    })
    const ready = this.#listener.beforeDial()
    if (ready === undefined) {
      this.#open(epoch, fail)
      return
    }
    const wanted = () => this.#state.type === 'connecting' && this.#state.epoch === epoch
    ready.then(
      () => {
        if (wanted()) this.#open(epoch, fail)
      },
      (error: unknown) => {
        if (wanted()) fail(asDocumented(error))
      },
    )
  }

  #open(epoch: number, fail: (error: Error) => void): void {
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
    for (const listener of this.#aware) {
      if (this.#state.epoch !== epoch) return
      listener.attach(link, this.#sessionPresent)
    }
  }

  #close(epoch: number): void {
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
    for (const listener of this.#aware) listener.detach()
    return link
  }
}

/** A retry cannot help: credentials, protocol, proxy (decision D-20). */
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
  // Nothing is scheduled.
}
