/** What the public classes delegate to: the capabilities of one client, connected with each other. */

import { DesiredRefresh } from '../capabilities/desired-refresh.ts'
import { type AnyReceiver, Receiver, type ReceiverSettings } from '../capabilities/receiver.ts'
import { assertNotShutDown, type Session } from '../capabilities/session.ts'
import { TwinAccess } from '../capabilities/twin.ts'
import { Connection } from '../connection/connection.ts'
import { Outbox } from '../connection/outbox.ts'
import { Requests } from '../connection/requests.ts'
import { Subscriptions } from '../connection/subscriptions.ts'
import { callWithin, type Scope } from '../core/call.ts'
import { OperationCancelled } from '../core/errors/operation-errors.ts'
import { isInsideHandlerOf } from '../core/handler-runner.ts'
import type { ReceivedMessage } from '../core/models/message.ts'
import type { MethodRequest } from '../core/models/method.ts'
import type { TwinPatch } from '../core/models/twin.ts'
import { ReceiveMode } from '../core/receive-mode.ts'
import { DESIRED_FILTER, messageTopics, METHODS_FILTER } from '../mqtt/topics.ts'
import { ClientEvents } from './client-events.ts'
import type { ClientParts } from './client-parts.ts'
import { Dispatcher } from './dispatcher.ts'
import type { CallOptions } from './options.ts'
import { TokenLifecycle } from './token-lifecycle.ts'

export class ClientCore {
  readonly parts: ClientParts
  readonly events: ClientEvents
  readonly session: Session
  readonly tokens: TokenLifecycle
  readonly twin: TwinAccess
  readonly methods: Receiver<MethodRequest>
  readonly patches: Receiver<TwinPatch>
  readonly #dispatcher: Dispatcher
  readonly #receivers: AnyReceiver[]

  /** @param owner - the client: its handlers must not wait for themselves (decision D-27). */
  constructor(owner: object, parts: ClientParts) {
    this.parts = parts
    this.events = new ClientEvents(owner)
    const { settings } = parts
    const outbox = new Outbox()
    const subscriptions = new Subscriptions(settings.clock)
    const requests = new Requests(outbox)
    const connection = new Connection(settings, parts.transport, parts.credentials, settings.clock, {
      stateChanged: () => {
        this.#stateChanged()
      },
      backgroundException: this.events.report,
      received: (topic, payload) => {
        this.#dispatcher.dispatch(topic, payload)
      },
      credentialsRefused: () => {
        this.tokens.refused()
      },
      beforeDial: () => this.tokens.beforeDial(),
    })
    this.session = {
      identity: parts.identity,
      settings,
      topics: messageTopics(parts.identity),
      connection,
      outbox,
      subscriptions,
      mode: new ReceiveMode(),
      owner,
      report: this.events.report,
    }
    this.twin = new TwinAccess(this.session, requests)
    const refresh = new DesiredRefresh(this.session, this.twin, (patch) => {
      this.patches.deliver(patch)
    })
    this.methods = new Receiver(this.session, {
      handlerName: 'onMethodRequestReceived',
      callName: 'receiveMethodRequest',
      filter: METHODS_FILTER,
      unclaimed: 'keep',
    })
    this.patches = new Receiver(this.session, {
      handlerName: 'onTwinDesiredPropertiesPatchReceived',
      callName: 'receiveTwinDesiredPropertiesPatch',
      filter: DESIRED_FILTER,
      unclaimed: 'keep',
      onWanted: () => {
        refresh.arm()
      },
    })
    this.#receivers = [this.methods, this.patches]
    this.#dispatcher = new Dispatcher(this.session, {
      methods: this.methods,
      patches: this.patches,
      requests,
      refresh,
    })
    // The order in which a new link serves them: filters, queued publishes, requests, missed desired properties.
    for (const listener of [subscriptions, outbox, requests, refresh]) connection.register(listener)
    this.tokens = new TokenLifecycle(parts, connection, this.events)
  }

  /** Receives cloud-to-device messages, or the messages of a module's inputs. */
  receiveMessages(settings: ReceiverSettings): Receiver<ReceivedMessage> {
    const receiver = new Receiver<ReceivedMessage>(this.session, settings)
    this.#dispatcher.messages = receiver
    this.#receivers.push(receiver)
    return receiver
  }

  /** Runs a call within its limits. @throws ClientError after shutdown. */
  call<T>(options: CallOptions, start: (scope: Scope | undefined) => Promise<T>): Promise<T> {
    const { settings } = this.session
    return callWithin(
      { clock: settings.clock, limitMs: settings.operationTimeoutMs },
      options.signal,
      (scope) => {
        assertNotShutDown(this.session)
        return start(scope)
      },
    )
  }

  /** Closes the connection; what has arrived is still handled. */
  async disconnect(): Promise<void> {
    await this.session.connection.run('close')
    this.#releaseReceivers()
    if (!isInsideHandlerOf(this.session.owner)) await this.#handlersIdle()
  }

  /** Closes the connection permanently and waits for all handlers. */
  async shutdown(): Promise<void> {
    this.tokens.stop()
    await this.session.connection.run('stop')
    this.#releaseReceivers()
    if (isInsideHandlerOf(this.session.owner)) return
    await this.#handlersIdle()
    await this.events.idle()
  }

  /** Settles when every handler that was set or cleared so far is in force at the hub. */
  async handlersReady(): Promise<void> {
    await Promise.all(this.#receivers.map((receiver) => receiver.settled))
  }

  #stateChanged(): void {
    if (!this.session.connection.connected) this.methods.discard() // the service sends them again (SRC-08)
    this.events.stateChanged()
  }

  #releaseReceivers(): void {
    for (const receiver of this.#receivers) {
      receiver.release(() => new OperationCancelled('Operation was cancelled before completion'))
    }
  }

  async #handlersIdle(): Promise<void> {
    await Promise.all(this.#receivers.map((receiver) => receiver.idle()))
  }
}
