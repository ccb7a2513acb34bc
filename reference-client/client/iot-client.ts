/** What the device client and the module client share: connection, sending, twin, methods, events (BOTH-CLASS-01). */

import { sendMethodResponse } from '../capabilities/methods.ts'
import { asMessage, assertSize, sendMessage } from '../capabilities/telemetry.ts'
import type { JsonObject } from '../core/models/json.ts'
import type { Message, MessageData } from '../core/models/message.ts'
import type { MethodRequest, MethodResponse } from '../core/models/method.ts'
import type { Twin, TwinPatch } from '../core/models/twin.ts'
import { ClientCore } from './client-core.ts'
import { ClientParts } from './client-parts.ts'
import { asHandler, type EventHandler, type ExceptionHandler, type ReceiveHandler } from './handlers.ts'
import type { CallOptions } from './options.ts'

/**
 * The common part of {@link IoTHubDeviceClient} and {@link IoTHubModuleClient}. Create a client with the factories of
 * these classes.
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
  readonly #core: ClientCore

  /** @internal */
  protected constructor(parts: ClientParts) {
    if (!((parts as unknown) instanceof ClientParts)) {
      throw new TypeError(`${new.target.name} can be created by its createFrom… factories only`)
    }
    this.#core = new ClientCore(this, parts)
  }

  /** @internal */
  protected get core(): ClientCore {
    return this.#core
  }

  // ------------------------------------------------------------------ attributes

  /** Whether the transport is connected. Read-only. */
  get connected(): boolean {
    return this.#core.session.connection.connected
  }

  /** Called with each exception that no call reports. Default `null`. */
  get onBackgroundException(): ExceptionHandler | null {
    return this.#core.events.exception.handler ?? null
  }

  set onBackgroundException(handler: ExceptionHandler | null | undefined) {
    this.#core.events.exception.handler = asHandler('onBackgroundException', handler)
  }

  /** Called when {@link GenericIoTHubClient.connected} changes. Default `null`. */
  get onConnectionStateChange(): EventHandler | null {
    return this.#core.events.state.handler ?? null
  }

  set onConnectionStateChange(handler: EventHandler | null | undefined) {
    this.#core.events.state.handler = asHandler('onConnectionStateChange', handler)
  }

  /**
   * Called when the client needs a new SAS token, about 2 minutes before the current one expires. Supply it with {@link
   * GenericIoTHubClient.updateSastoken}, which the handler may call. Only for clients that were created from a SAS
   * token. On Windows, a new token is needed after about 49 days at the latest. Default `null`.
   */
  get onNewSastokenRequired(): EventHandler | null {
    return this.#core.events.token.handler ?? null
  }

  set onNewSastokenRequired(handler: EventHandler | null | undefined) {
    this.#core.events.token.handler = asHandler('onNewSastokenRequired', handler)
    this.#core.tokens.handlerSet()
  }

  /**
   * Called with each direct method request; respond with {@link GenericIoTHubClient.sendMethodResponse}. Setting a
   * handler subscribes, `null` unsubscribes; {@link GenericIoTHubClient.handlersReady} settles when that is done.
   * Default `null`.
   */
  get onMethodRequestReceived(): ReceiveHandler<MethodRequest> | null {
    return this.#core.methods.handler
  }

  set onMethodRequestReceived(handler: ReceiveHandler<MethodRequest> | null | undefined) {
    this.#core.methods.handler = handler
  }

  /**
   * Called with each patch of the desired properties, and after a reconnection with the whole desired section when
   * patches were missed. Setting a handler subscribes, `null` unsubscribes. Default `null`.
   */
  get onTwinDesiredPropertiesPatchReceived(): ReceiveHandler<TwinPatch> | null {
    return this.#core.patches.handler
  }

  set onTwinDesiredPropertiesPatchReceived(handler: ReceiveHandler<TwinPatch> | null | undefined) {
    this.#core.patches.handler = handler
  }

  // ------------------------------------------------------------------ connection

  /**
   * Connects to the hub or the gateway. Settles when the connection is established.
   * @throws {@link CredentialError}, {@link ConnectionFailedError}, {@link ConnectionDroppedError},
   * {@link OperationTimeout}, {@link ClientError}.
   */
  connect(options: CallOptions = {}): Promise<void> {
    return this.#core.call(options, () => this.#core.session.connection.run('open'))
  }

  /**
   * Disconnects. Calls that wait for the hub fail with {@link OperationCancelled}; handlers process what has arrived.
   * @throws {@link ClientError}
   */
  disconnect(options: CallOptions = {}): Promise<void> {
    return this.#core.call(options, () => this.#core.disconnect())
  }

  /**
   * Ends the client: disconnects, and every later call fails with {@link ClientError}.
   * @throws {@link ClientError}
   */
  shutdown(options: CallOptions = {}): Promise<void> {
    return this.#core.call(options, () => this.#core.shutdown())
  }

  /** Shuts the client down at the end of an `await using` block. Beyond the documented API. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#core.session.connection.stopped) await this.shutdown()
  }

  /**
   * Replaces the SAS token and re-authorizes the connection. Afterwards the client is connected.
   * @param sastoken - a token for the same hub and identity as the current one.
   * @throws {@link ClientError} when the client was not created from a SAS token; {@link ValueError} for an invalid
   * token; the errors of {@link GenericIoTHubClient.connect}.
   */
  updateSastoken(sastoken: string, options: CallOptions = {}): Promise<void> {
    return this.#core.call(options, () => this.#core.tokens.update(sastoken))
  }

  // ------------------------------------------------------------------ sending

  /**
   * Sends a message to the hub. Settles when the hub has acknowledged it. Connects first when needed.
   * @param message - the message, or its payload.
   * @throws {@link CredentialError}, {@link ConnectionFailedError}, {@link ConnectionDroppedError},
   * {@link OperationTimeout}, {@link NoConnectionError}, {@link ClientError}; {@link ValueError} when the message is
   * larger than 256 KB.
   */
  sendMessage(message: Message | MessageData, options: CallOptions = {}): Promise<void> {
    return this.#core.call(options, (scope) => {
      const telemetry = asMessage(message)
      assertSize(telemetry)
      return sendMessage(this.#core.session, telemetry, scope)
    })
  }

  /**
   * Settles when the next message can be sent without waiting for others: back-pressure for an application that sends
   * faster than the hub acknowledges. Beyond the documented API.
   */
  readyToSend(options: CallOptions = {}): Promise<void> {
    return this.#core.call(options, () => this.#core.session.outbox.capacity())
  }

  /**
   * Responds to a method request. Settles when the hub has acknowledged the response. Connects first when needed.
   * @param methodResponse - the response; its payload is sent as JSON.
   * @throws the errors of {@link GenericIoTHubClient.sendMessage}, except ValueError.
   */
  sendMethodResponse(methodResponse: MethodResponse, options: CallOptions = {}): Promise<void> {
    return this.#core.call(options, (scope) => sendMethodResponse(this.#core.session, methodResponse, scope))
  }

  // ------------------------------------------------------------------ twin

  /**
   * Gets the twin. Connects first when needed.
   * @throws the errors of {@link GenericIoTHubClient.sendMethodResponse}; when the service responds with an error, a
   * {@link ClientError} with a {@link ServiceError} as its cause.
   */
  getTwin(options: CallOptions = {}): Promise<Twin> {
    return this.#core.call(options, (scope) => this.#core.twin.get(scope))
  }

  /**
   * Changes the reported properties of the twin. Settles when the service has accepted the patch. Connects first when
   * needed.
   * @param reportedPropertiesPatch - the changed properties; `null` removes a property.
   * @throws the errors of {@link GenericIoTHubClient.getTwin}.
   */
  patchTwinReportedProperties(reportedPropertiesPatch: JsonObject, options: CallOptions = {}): Promise<void> {
    return this.#core.call(options, (scope) => this.#core.twin.patchReported(reportedPropertiesPatch, scope))
  }

  // ------------------------------------------------------------------ receiving by calls

  /**
   * Receives a direct method request.
   * @deprecated since 2.3.0 of the documented SDK: set {@link GenericIoTHubClient.onMethodRequestReceived} instead.
   * @param methodName - receives only requests for this method. Default: all requests that no other call names.
   * @param block - wait for a request. Default `true`.
   * @param timeout - the longest wait, in seconds. Default: no limit.
   * @returns the request; `null` when none arrived.
   * @throws the errors of {@link GenericIoTHubClient.connect}; {@link ClientError} after a receive handler was set.
   */
  receiveMethodRequest(
    methodName?: string | null,
    block?: boolean,
    timeout?: number | null,
    options: CallOptions = {},
  ): Promise<MethodRequest | null> {
    return this.#core.methods.receive({
      block,
      timeout,
      channel: methodName ?? undefined,
      signal: options.signal,
    })
  }

  /**
   * Receives a patch of the desired properties.
   * @deprecated since 2.3.0 of the documented SDK: set
   * {@link GenericIoTHubClient.onTwinDesiredPropertiesPatchReceived} instead.
   * @param block - wait for a patch. Default `true`.
   * @param timeout - the longest wait, in seconds. Default: no limit.
   * @throws {@link InboxEmpty} when none arrived; the errors of {@link GenericIoTHubClient.receiveMethodRequest}.
   */
  receiveTwinDesiredPropertiesPatch(
    block?: boolean,
    timeout?: number | null,
    options: CallOptions = {},
  ): Promise<TwinPatch> {
    return this.#core.patches.receiveOrThrow({ block, timeout, signal: options.signal })
  }

  /**
   * The method requests as they arrive, until shutdown. Counts as a receive call: it cannot be combined with handlers.
   * Beyond the documented API.
   */
  methodRequests(
    methodName?: string | null,
    options: CallOptions = {},
  ): AsyncGenerator<MethodRequest, void, undefined> {
    return this.#core.methods.items(methodName ?? undefined, options.signal)
  }

  /**
   * The desired properties patches as they arrive, until shutdown. Counts as a receive call: it cannot be combined with
   * handlers. Beyond the documented API.
   */
  desiredPropertiesPatches(options: CallOptions = {}): AsyncGenerator<TwinPatch, void, undefined> {
    return this.#core.patches.items(undefined, options.signal)
  }

  /**
   * Settles when the hub has the subscriptions of all receive handlers that were set or cleared so far: an assignment
   * cannot be awaited. Fails with the error that `onBackgroundException` also gets. Beyond the documented API.
   */
  handlersReady(options: CallOptions = {}): Promise<void> {
    return this.#core.call(options, () => this.#core.handlersReady())
  }
}
