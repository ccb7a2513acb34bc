/** What the device client and the module client share: connection, sending, twin, methods, events (BOTH-CLASS-01). */

import { assertNotExpired, parseSasToken } from '../auth/sas-token.ts'
import { SasTokenCredentials } from '../auth/fixed-credentials.ts'
import { Renewal } from '../auth/renewal.ts'
import { DesiredRefresh } from '../capabilities/desired-refresh.ts'
import { sendMethodResponse } from '../capabilities/methods.ts'
import { type AnyReceiver, Receiver } from '../capabilities/receiver.ts'
import { assertNotShutDown, type Session } from '../capabilities/session.ts'
import { asMessage, assertSize, sendMessage } from '../capabilities/telemetry.ts'
import { TwinAccess } from '../capabilities/twin.ts'
import { ClientParts } from './client-parts.ts'
import { Connection } from '../connection/connection.ts'
import { Outbox } from '../connection/outbox.ts'
import { Requests } from '../connection/requests.ts'
import { Subscriptions } from '../connection/subscriptions.ts'
import { callWithin, type Scope } from '../core/call.ts'
import { asDocumented } from '../core/errors/as-documented.ts'
import { ClientError } from '../core/errors/client-errors.ts'
import { OperationCancelled } from '../core/errors/operation-errors.ts'
import { ValueError } from '../core/errors/value-error.ts'
import { HandlerRunner, isInsideHandlerOf } from '../core/handler-runner.ts'
import type { JsonObject } from '../core/models/json.ts'
import type { Message, MessageData } from '../core/models/message.ts'
import type { MethodRequest, MethodResponse } from '../core/models/method.ts'
import type { Twin, TwinPatch } from '../core/models/twin.ts'
import type { HubHttp, Identity } from '../core/ports.ts'
import { ReceiveMode } from '../core/receive-mode.ts'
import { diagnose } from './diagnostics.ts'
import { Dispatcher } from './dispatcher.ts'
import { DESIRED_FILTER, messageTopics, METHODS_FILTER } from '../mqtt/topics.ts'
import type { CallOptions } from './options.ts'

/**
 * A handler without an argument; what it returns is awaited.
 *
 * @example
 * ```ts
 * import type { EventHandler, IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export function watch(client: IoTHubDeviceClient): void {
 *   const handler: EventHandler = () => {
 *     console.log(client.connected ? 'connected' : 'not connected')
 *   }
 *   client.onConnectionStateChange = handler
 * }
 * ```
 */
export type EventHandler = () => unknown
/**
 * A handler of background exceptions; what it returns is awaited.
 *
 * @example
 * ```ts
 * import type { ExceptionHandler } from 'mock-iot-hub-client'
 *
 * export const log: ExceptionHandler = (error) => {
 *   console.error(error.message, error.cause)
 * }
 * ```
 */
export type ExceptionHandler = (error: Error) => unknown
/**
 * A handler of what arrives; what it returns is awaited.
 *
 * @example
 * ```ts
 * import type { ReceivedMessage, ReceiveHandler } from 'mock-iot-hub-client'
 *
 * export const print: ReceiveHandler<ReceivedMessage> = (message) => {
 *   console.log(message.data.toString('utf8'))
 * }
 * ```
 */
export type ReceiveHandler<T> = (item: T) => unknown

/**
 * The common part of {@link IoTHubDeviceClient} and {@link IoTHubModuleClient}. Never made directly: each class has
 * factories.
 *
 * @example
 * ```ts
 * import type { GenericIoTHubClient } from 'mock-iot-hub-client'
 *
 * export async function countRestart(client: GenericIoTHubClient): Promise<void> {
 *   const { restarts } = (await client.getTwin()).reported
 *   await client.patchTwinReportedProperties({ restarts: typeof restarts === 'number' ? restarts + 1 : 1 })
 * }
 * ```
 */
export abstract class GenericIoTHubClient {
  readonly #parts: ClientParts
  readonly #session: Session
  readonly #twin: TwinAccess
  readonly #renewal: Renewal
  readonly #methods: Receiver<MethodRequest>
  readonly #patches: Receiver<TwinPatch>
  readonly #dispatcher: Dispatcher
  readonly #stateHandler: HandlerRunner<[]>
  readonly #tokenHandler: HandlerRunner<[]>
  readonly #exceptionHandler: HandlerRunner<[Error]>
  /** The mark for a new token has passed and nobody was there to hear of it (decision D-25). */
  #tokenWanted = false

  /** @internal */
  protected constructor(parts: ClientParts) {
    if (!((parts as unknown) instanceof ClientParts)) {
      throw new TypeError(`${new.target.name} is made by its createFrom… factories only`)
    }
    this.#parts = parts
    const { settings } = parts
    this.#exceptionHandler = new HandlerRunner('onBackgroundException', this, (error) => {
      diagnose('exception', () => ({ error }))
    })
    const report = (error: Error) => {
      this.#report(error)
    }
    this.#stateHandler = new HandlerRunner('onConnectionStateChange', this, report)
    this.#tokenHandler = new HandlerRunner('onNewSastokenRequired', this, report)
    const outbox = new Outbox()
    const subscriptions = new Subscriptions(settings.clock)
    const requests = new Requests(outbox)
    const connection = new Connection(settings, parts.transport, parts.credentials, settings.clock, {
      stateChanged: () => {
        this.#stateChanged()
      },
      backgroundException: report,
      received: (topic, payload) => {
        this.#dispatcher.dispatch(topic, payload)
      },
    })
    this.#session = {
      identity: parts.identity,
      settings,
      topics: messageTopics(parts.identity),
      connection,
      outbox,
      subscriptions,
      mode: new ReceiveMode(),
      owner: this,
      report,
    }
    this.#twin = new TwinAccess(this.#session, requests)
    const refresh = new DesiredRefresh(this.#session, this.#twin, (patch) => {
      this.#patches.deliver(patch)
    })
    this.#methods = new Receiver(this.#session, {
      handlerName: 'onMethodRequestReceived',
      callName: 'receiveMethodRequest',
      filter: METHODS_FILTER,
      strayItems: 'wait',
    })
    this.#patches = new Receiver(this.#session, {
      handlerName: 'onTwinDesiredPropertiesPatchReceived',
      callName: 'receiveTwinDesiredPropertiesPatch',
      filter: DESIRED_FILTER,
      strayItems: 'wait',
      onWanted: () => {
        refresh.arm()
      },
    })
    this.#dispatcher = new Dispatcher(this.#session, {
      methods: this.#methods,
      patches: this.#patches,
      requests,
      refresh,
    })
    // In the order in which a new link serves them: filters, what waits, questions, the missed desired properties.
    for (const rider of [subscriptions, outbox, requests, refresh]) connection.carry(rider)
    this.#renewal = new Renewal(parts.credentials, settings.clock, () => void this.#renew())
    this.#renewal.watch()
  }

  /** @internal */
  protected get session(): Session {
    return this.#session
  }

  /** @internal */
  protected get dispatcher(): Dispatcher {
    return this.#dispatcher
  }

  /** @internal */
  protected get http(): HubHttp {
    return this.#parts.http
  }

  /** @internal */
  protected get identity(): Identity {
    return this.#parts.identity
  }

  /** @internal */
  protected get isEdge(): boolean {
    return this.#parts.edge
  }

  // ------------------------------------------------------------------ attributes

  /** Whether the transport is connected. Read-only. */
  get connected(): boolean {
    return this.#session.connection.connected
  }

  /** Called with each exception that no call can report. Default `null`. */
  get onBackgroundException(): ExceptionHandler | null {
    return this.#exceptionHandler.handler ?? null
  }

  set onBackgroundException(handler: ExceptionHandler | null | undefined) {
    this.#exceptionHandler.handler = asHandler('onBackgroundException', handler)
  }

  /** Called when {@link GenericIoTHubClient.connected} has changed. Default `null`. */
  get onConnectionStateChange(): EventHandler | null {
    return this.#stateHandler.handler ?? null
  }

  set onConnectionStateChange(handler: EventHandler | null | undefined) {
    this.#stateHandler.handler = asHandler('onConnectionStateChange', handler)
  }

  /**
   * Called when the client needs a new SAS token, about 2 minutes before the one in force expires: give it with
   * {@link GenericIoTHubClient.updateSastoken}, also from inside the handler. Only needed by clients that were made
   * from a SAS token. On Windows a token is needed after about 49 days at the latest. Default `null`.
   */
  get onNewSastokenRequired(): EventHandler | null {
    return this.#tokenHandler.handler ?? null
  }

  set onNewSastokenRequired(handler: EventHandler | null | undefined) {
    this.#tokenHandler.handler = asHandler('onNewSastokenRequired', handler)
    if (this.#tokenHandler.handler !== undefined && this.#tokenWanted) this.#requireToken()
  }

  /**
   * Called with each direct method request; answer it with {@link GenericIoTHubClient.sendMethodResponse}. Setting it
   * subscribes, `null` unsubscribes; {@link GenericIoTHubClient.handlersReady} tells when that is done. Default `null`.
   */
  get onMethodRequestReceived(): ReceiveHandler<MethodRequest> | null {
    return this.#methods.handler
  }

  set onMethodRequestReceived(handler: ReceiveHandler<MethodRequest> | null | undefined) {
    this.#methods.handler = handler
  }

  /**
   * Called with each patch of the desired properties, and after a re-connection with the whole desired section when
   * patches were missed. Setting it subscribes, `null` unsubscribes. Default `null`.
   */
  get onTwinDesiredPropertiesPatchReceived(): ReceiveHandler<TwinPatch> | null {
    return this.#patches.handler
  }

  set onTwinDesiredPropertiesPatchReceived(handler: ReceiveHandler<TwinPatch> | null | undefined) {
    this.#patches.handler = handler
  }

  // ------------------------------------------------------------------ connection

  /**
   * Connects to the hub or the gateway. Settles when the connection is completely established.
   * @throws {@link CredentialError}, {@link ConnectionFailedError}, {@link ConnectionDroppedError},
   * {@link OperationTimeout}, {@link ClientError}.
   */
  connect(options: CallOptions = {}): Promise<void> {
    return this.call(options, () => this.#session.connection.want('open'))
  }

  /**
   * Disconnects. What waits for the hub fails with {@link OperationCancelled}; what has arrived is handled first.
   * @throws {@link ClientError}
   */
  async disconnect(options: CallOptions = {}): Promise<void> {
    await this.call(options, async () => {
      await this.#session.connection.want('close')
      this.#releaseReceivers()
      if (!isInsideHandlerOf(this)) await this.#handlersIdle()
    })
  }

  /**
   * Ends the client's life: disconnects, and every further call fails with {@link ClientError}.
   * @throws {@link ClientError}
   */
  async shutdown(options: CallOptions = {}): Promise<void> {
    await this.call(options, async () => {
      this.#renewal.stop()
      await this.#session.connection.want('stop')
      this.#releaseReceivers()
      if (isInsideHandlerOf(this)) return
      await this.#handlersIdle()
      await Promise.all([this.#stateHandler.idle(), this.#tokenHandler.idle(), this.#exceptionHandler.idle()])
    })
  }

  /** Shuts the client down at the end of an `await using` block; beyond the documented API. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#session.connection.stopped) await this.shutdown()
  }

  /**
   * Replaces the SAS token, then re-authorizes the connection; the client ends connected.
   * @param sastoken - for the same hub and identity as the one in force.
   * @throws {@link ClientError} when the client was not made from a SAS token; {@link ValueError} for an invalid
   * token; the errors of {@link GenericIoTHubClient.connect}.
   */
  updateSastoken(sastoken: string, options: CallOptions = {}): Promise<void> {
    return this.call(options, async () => {
      const { credentials, hostName, identity, settings } = this.#parts
      if (!(credentials instanceof SasTokenCredentials)) {
        throw new ClientError('Cannot update sastoken when client was not created with one')
      }
      const token = parseSasToken(sastoken)
      const mismatch = mismatchOf(token, hostName, identity)
      if (mismatch !== undefined) throw new ValueError(mismatch)
      assertNotExpired(token, settings.clock.now() / 1_000)
      credentials.replace(token)
      this.#tokenWanted = false
      this.#renewal.watch()
      await this.#session.connection.want('reauthorize')
    })
  }

  // ------------------------------------------------------------------ sending

  /**
   * Sends a message to the hub. Settles when the hub has acknowledged it. Connects first when needed.
   * @param message - anything that is not a {@link Message} becomes one.
   * @throws {@link CredentialError}, {@link ConnectionFailedError}, {@link ConnectionDroppedError},
   * {@link OperationTimeout}, {@link NoConnectionError}, {@link ClientError}; {@link ValueError} when the message is
   * larger than 256 KB.
   */
  sendMessage(message: Message | MessageData, options: CallOptions = {}): Promise<void> {
    return this.call(options, (scope) => {
      const telemetry = asMessage(message)
      assertSize(telemetry)
      return sendMessage(this.#session, telemetry, scope)
    })
  }

  /**
   * Settles when the next message would go out at once, without waiting behind others: back-pressure for those who
   * send faster than the hub acknowledges. Beyond the documented API.
   */
  readyToSend(options: CallOptions = {}): Promise<void> {
    return this.call(options, () => this.#session.outbox.room())
  }

  /**
   * Answers a method request. Settles when the hub has acknowledged the answer. Connects first when needed.
   * @param methodResponse - its payload is sent as JSON.
   * @throws as {@link GenericIoTHubClient.sendMessage}, without ValueError.
   */
  sendMethodResponse(methodResponse: MethodResponse, options: CallOptions = {}): Promise<void> {
    return this.call(options, (scope) => sendMethodResponse(this.#session, methodResponse, scope))
  }

  // ------------------------------------------------------------------ twin

  /**
   * Gets the twin. Connects first when needed.
   * @throws as {@link GenericIoTHubClient.sendMethodResponse}; an answer that is an error is a {@link ClientError}
   * with a {@link ServiceError} as its cause.
   */
  getTwin(options: CallOptions = {}): Promise<Twin> {
    return this.call(options, (scope) => this.#twin.get(scope))
  }

  /**
   * Changes the reported properties of the twin. Settles when the service has accepted the patch. Connects first when
   * needed.
   * @param reportedPropertiesPatch - a mapping; `null` removes a property.
   * @throws as {@link GenericIoTHubClient.getTwin}.
   */
  patchTwinReportedProperties(reportedPropertiesPatch: JsonObject, options: CallOptions = {}): Promise<void> {
    return this.call(options, (scope) => this.#twin.patchReported(reportedPropertiesPatch, scope))
  }

  // ------------------------------------------------------------------ receiving by calls

  /**
   * Receives a direct method request.
   * @deprecated since 2.3.0 of the documented SDK: set {@link GenericIoTHubClient.onMethodRequestReceived} instead.
   * @param methodName - only requests for this method; left out: all that no other call is for.
   * @param block - wait for a request. Default `true`.
   * @param timeout - seconds to wait at most. Default: without end.
   * @returns the request; `null` when none came.
   * @throws the errors of {@link GenericIoTHubClient.connect}; {@link ClientError} after a receive handler was set.
   */
  receiveMethodRequest(
    methodName?: string | null,
    block?: boolean,
    timeout?: number | null,
    options: CallOptions = {},
  ): Promise<MethodRequest | null> {
    return this.#methods.receive({ block, timeout, lane: methodName ?? undefined, signal: options.signal })
  }

  /**
   * Receives a patch of the desired properties.
   * @deprecated since 2.3.0 of the documented SDK: set
   * {@link GenericIoTHubClient.onTwinDesiredPropertiesPatchReceived} instead.
   * @param block - wait for a patch. Default `true`.
   * @param timeout - seconds to wait at most. Default: without end.
   * @throws {@link InboxEmpty} when none came; the errors of {@link GenericIoTHubClient.receiveMethodRequest}.
   */
  receiveTwinDesiredPropertiesPatch(
    block?: boolean,
    timeout?: number | null,
    options: CallOptions = {},
  ): Promise<TwinPatch> {
    return this.#patches.receiveOrThrow({ block, timeout, signal: options.signal })
  }

  /** Method requests as they come, until shutdown; a receive call in the client's modes. Beyond the documented API. */
  methodRequests(
    methodName?: string | null,
    options: CallOptions = {},
  ): AsyncGenerator<MethodRequest, void, undefined> {
    return this.#methods.items(methodName ?? undefined, options.signal)
  }

  /** Desired patches as they come, until shutdown; a receive call in the client's modes. Beyond the documented API. */
  desiredPropertiesPatches(options: CallOptions = {}): AsyncGenerator<TwinPatch, void, undefined> {
    return this.#patches.items(undefined, options.signal)
  }

  /**
   * Settles when the receive handlers that were set or cleared so far are in force at the hub: an assignment cannot
   * be awaited. Fails with the error that was also reported in the background. Beyond the documented API.
   */
  handlersReady(options: CallOptions = {}): Promise<void> {
    return this.call(options, async () => {
      await Promise.all(this.receivers().map((receiver) => receiver.settled))
    })
  }

  // ------------------------------------------------------------------ inside

  /** @internal All kinds of things that this client receives. */
  protected receivers(): readonly AnyReceiver[] {
    return [this.#methods, this.#patches]
  }

  /** @internal One call: after shutdown refused, else within its limits. */
  protected call<T>(options: CallOptions, start: (scope: Scope | undefined) => Promise<T>): Promise<T> {
    const { settings } = this.#session
    return callWithin(
      { clock: settings.clock, limitMs: settings.operationTimeoutMs },
      options.signal,
      (scope) => {
        assertNotShutDown(this.#session)
        return start(scope)
      },
    )
  }

  #report(error: Error): void {
    diagnose('exception', () => ({ error }))
    if (this.#exceptionHandler.handler !== undefined) this.#exceptionHandler.push(asDocumented(error))
  }

  #stateChanged(): void {
    if (!this.connected) this.#methods.discard() // the service sends them again (SRC-08)
    if (this.#stateHandler.handler !== undefined) this.#stateHandler.push()
  }

  /** The token in force nears its end. */
  async #renew(): Promise<void> {
    const { credentials } = this.#parts
    if (credentials.renew === undefined) {
      this.#requireToken()
      return
    }
    try {
      await credentials.renew()
    } catch (error) {
      this.#report(asDocumented(error))
      this.#renewal.again(this.#session.settings.connectionRetryIntervalMs)
      return
    }
    if (this.#session.connection.stopped) return
    this.#renewal.watch()
    // A failed attempt is reported by the connection, and made again.
    await this.#session.connection.want('renew').catch(() => undefined)
  }

  #requireToken(): void {
    this.#tokenWanted = this.#tokenHandler.handler === undefined
    if (!this.#tokenWanted) this.#tokenHandler.push()
  }

  #releaseReceivers(): void {
    for (const receiver of this.receivers()) {
      receiver.release(() => new OperationCancelled('Operation was cancelled before completion'))
    }
  }

  async #handlersIdle(): Promise<void> {
    await Promise.all(this.receivers().map((receiver) => receiver.idle()))
  }
}

function asHandler<H>(name: string, handler: H | null | undefined): H | undefined {
  if (handler === null || handler === undefined) return undefined
  if (typeof handler !== 'function') throw new TypeError(`${name} must be a function or null`)
  return handler
}

/** In the original's order (docs/contract/client/sas-tokens.md#client-update-sastoken). */
function mismatchOf(
  token: { readonly hostName: string; readonly identity: Identity },
  hostName: string,
  identity: Identity,
): string | undefined {
  if (identity.moduleId === undefined && token.identity.moduleId !== undefined) {
    return 'Provided SasToken is for a module'
  }
  if (identity.moduleId !== undefined && token.identity.moduleId === undefined) {
    return 'Provided SasToken is for a device'
  }
  if (token.identity.deviceId !== identity.deviceId) {
    return 'Provided SasToken does not match existing device id'
  }
  if (token.identity.moduleId !== identity.moduleId) {
    return 'Provided SasToken does not match existing module id'
  }
  return token.hostName === hostName ? undefined : 'Provided SasToken does not match existing hostname'
}
