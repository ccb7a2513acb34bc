/** IoTHubModuleClient: the documented factories, and the calls that only modules have. */

import { CERTIFICATE_CREDENTIALS, readCertificate, SasTokenCredentials } from '../auth/fixed-credentials.ts'
import { assertNotExpired, parseSasToken } from '../auth/sas-token.ts'
import { SharedAccessKeyCredentials } from '../auth/shared-access-key.ts'
import { assertParams, invokeMethod } from '../capabilities/invoke-method.ts'
import type { Receiver } from '../capabilities/receiver.ts'
import { asMessage, assertSize, sendMessage } from '../capabilities/telemetry.ts'
import { ClientParts, requiredText } from './client-parts.ts'
import { edgeOrigin } from './edge-origin.ts'
import { parseConnectionString } from '../core/connection-string.ts'
import { ClientError } from '../core/errors/client-errors.ts'
import { ValueError } from '../core/errors/value-error.ts'
import type { Message, MessageData, ReceivedMessage } from '../core/models/message.ts'
import type { MethodParams, MethodResult } from '../core/models/method.ts'
import { X509 } from '../core/x509.ts'
import type { ReceiveHandler } from './handlers.ts'
import { GenericIoTHubClient } from './iot-client.ts'
import type {
  CallOptions,
  ConnectionStringOptions,
  EdgeEnvironmentOptions,
  SastokenOptions,
  X509Options,
} from './options.ts'
import { settingsFrom } from './settings.ts'

/**
 * A module's connection to an IoT hub or to the hub of an Edge device.
 *
 * @example
 * ```ts
 * import { IoTHubModuleClient, Message } from 'mock-iot-hub-client'
 *
 * export async function relay(): Promise<void> {
 *   const client = await IoTHubModuleClient.createFromEdgeEnvironment()
 *   client.onMessageReceived = async (message) => {
 *     if (message.inputName === 'raw') await client.sendMessageToOutput(new Message(message.data), 'clean')
 *   }
 *   await client.handlersReady()
 * }
 * ```
 */
export class IoTHubModuleClient extends GenericIoTHubClient {
  readonly #inputs: Receiver<ReceivedMessage>

  private constructor(parts: ClientParts) {
    super(parts)
    this.#inputs = this.core.receiveMessages({
      handlerName: 'onMessageReceived',
      callName: 'receiveMessageOnInput',
      filter: this.core.session.topics.inputsFilter,
      strayItems: 'drop',
    })
  }

  // ------------------------------------------------------------------ factories

  /**
   * Makes a client from a module connection string.
   * @param connectionString - `HostName=…;DeviceId=…;ModuleId=…;SharedAccessKey=…`, `GatewayHostName` possible.
   * @throws {@link ValueError} when it is malformed, incomplete, of a device, or declares X.509, and for option values
   * out of bounds; TypeError for unknown options and wrong types.
   */
  static createFromConnectionString(
    connectionString: string,
    options?: ConnectionStringOptions,
  ): IoTHubModuleClient {
    const settings = settingsFrom('createFromConnectionString', options)
    const { hostName, deviceId, moduleId, gatewayHostName, sharedAccessKey } =
      parseConnectionString(connectionString)
    if (moduleId === undefined) {
      throw new ValueError('Invalid Connection String - it is for a device: use IoTHubDeviceClient')
    }
    const identity = { deviceId, moduleId }
    const credentials = new SharedAccessKeyCredentials(
      sharedAccessKey,
      hostName,
      identity,
      settings.sastokenTtl,
      settings.clock,
    )
    return new IoTHubModuleClient(
      new ClientParts({ hostName, identity, credentials, settings, gatewayHostName }),
    )
  }

  /**
   * Makes a client from a SAS token; host, device and module are those of the token's resource.
   * @param sastoken - `SharedAccessSignature sr=…&sig=…&se=…`.
   * @throws {@link ValueError} when it is no token, of a device, or expired; as createFromConnectionString for options.
   */
  static createFromSastoken(sastoken: string, options?: SastokenOptions): IoTHubModuleClient {
    const settings = settingsFrom('createFromSastoken', options)
    const token = parseSasToken(sastoken)
    const { hostName, identity } = token
    if (identity.moduleId === undefined) throw new ValueError('Provided SasToken is for a device')
    assertNotExpired(token, settings.clock.now() / 1_000)
    return new IoTHubModuleClient(
      new ClientParts({ hostName, identity, credentials: new SasTokenCredentials(token), settings }),
    )
  }

  /**
   * Makes a client that authenticates with a certificate.
   * @param x509 - the certificate and its key.
   * @param hostname - of the hub.
   * @param deviceId - of the device.
   * @param moduleId - of the module on that device.
   * @throws {@link OSError} when the files cannot be used; TypeError when an argument is missing; as
   * createFromConnectionString for options.
   */
  static createFromX509Certificate(
    x509: X509,
    hostname: string,
    deviceId: string,
    moduleId: string,
    options?: X509Options,
  ): IoTHubModuleClient {
    const settings = settingsFrom('createFromX509Certificate', options)
    if (!((x509 as unknown) instanceof X509))
      throw new TypeError('x509 is required and must be an X509 object')
    const hostName = requiredText('hostname', hostname)
    const identity = {
      deviceId: requiredText('deviceId', deviceId),
      moduleId: requiredText('moduleId', moduleId),
    }
    return new IoTHubModuleClient(
      new ClientParts({
        hostName,
        identity,
        credentials: CERTIFICATE_CREDENTIALS,
        settings,
        certificate: readCertificate(x509),
      }),
    )
  }

  /**
   * Makes a client from what the Edge runtime has put into the environment: in a container the workload API, which
   * also gives the certificates to trust; for development `EdgeHubConnectionString` and `EdgeModuleCACertificateFile`.
   * Settles when the first token is signed.
   * @throws {@link OSError} when the environment or the workload API is not as it must be; {@link ValueError} when the
   * debug variables are wrong; TypeError for unknown options. All as a rejection.
   */
  static async createFromEdgeEnvironment(options?: EdgeEnvironmentOptions): Promise<IoTHubModuleClient> {
    const settings = settingsFrom('createFromEdgeEnvironment', options)
    return new IoTHubModuleClient(new ClientParts(await edgeOrigin(settings)))
  }

  // ------------------------------------------------------------------ inputs and outputs

  /**
   * Called with each message that comes in by an input, whichever; `message.inputName` names it. Setting it
   * subscribes, `null` unsubscribes. Default `null`.
   */
  get onMessageReceived(): ReceiveHandler<ReceivedMessage> | null {
    return this.#inputs.handler
  }

  set onMessageReceived(handler: ReceiveHandler<ReceivedMessage> | null | undefined) {
    this.#inputs.handler = handler
  }

  /**
   * Sends a message to an output of the module. Settles when it was acknowledged. Connects first when needed.
   * @param message - anything that is not a {@link Message} becomes one; its `outputName` is set.
   * @param outputName - the output.
   * @throws as sendMessage; TypeError when `outputName` is not text.
   */
  sendMessageToOutput(
    message: Message | MessageData,
    outputName: string,
    options: CallOptions = {},
  ): Promise<void> {
    return this.core.call(options, (scope) => {
      const output = asMessage(message)
      assertSize(output)
      if (typeof outputName !== 'string') throw new TypeError('outputName is required and must be text')
      output.outputName = outputName
      return sendMessage(this.core.session, output, scope)
    })
  }

  /**
   * Receives a message that another module sent to an input.
   * @deprecated since 2.3.0 of the documented SDK: set {@link IoTHubModuleClient.onMessageReceived} instead.
   * @param inputName - the input.
   * @param block - wait for a message. Default `true`.
   * @param timeout - seconds to wait at most. Default: without end.
   * @returns the message; `null` when none came.
   * @throws the errors of connect; {@link ClientError} after a receive handler was set.
   */
  receiveMessageOnInput(
    inputName: string,
    block?: boolean,
    timeout?: number | null,
    options: CallOptions = {},
  ): Promise<ReceivedMessage | null> {
    if (typeof inputName !== 'string') {
      return Promise.reject(new TypeError('inputName is required and must be text'))
    }
    return this.#inputs.receive({ block, timeout, lane: inputName, signal: options.signal })
  }

  /** Messages of one input as they come, until shutdown; a receive call in the client's modes. Beyond the documented API. */
  messagesOnInput(
    inputName: string,
    options: CallOptions = {},
  ): AsyncGenerator<ReceivedMessage, void, undefined> {
    return this.#inputs.items(inputName, options.signal)
  }

  // ------------------------------------------------------------------ methods of others

  /**
   * Invokes a method of a device or of another module, over HTTPS through the gateway. Only clients that were made
   * from the Edge environment can.
   * @param methodParams - the method, its payload, and the hub's time-outs in seconds.
   * @param deviceId - the device.
   * @param moduleId - the module on it; left out: the device itself.
   * @throws {@link CredentialError}, {@link ConnectionFailedError}, {@link ConnectionDroppedError};
   * {@link OperationTimeout} 5 s after the time-outs given, 10 s when none are; {@link ClientError}, with a
   * {@link ServiceError} as its cause when the gateway refused; {@link ValueError} without a method name.
   */
  invokeMethod(
    methodParams: MethodParams,
    deviceId: string,
    moduleId?: string | null,
    options: CallOptions = {},
  ): Promise<MethodResult> {
    return this.core.call(options, async (scope) => {
      assertParams(methodParams)
      const target = {
        deviceId: requiredText('deviceId', deviceId),
        moduleId: moduleId === null ? undefined : moduleId,
      }
      if (!this.core.parts.edge) {
        throw new ClientError('Unexpected failure', {
          cause: new Error('Methods can be invoked by clients from the Edge environment only'),
        })
      }
      return invokeMethod(this.core.parts.http, this.core.parts.identity, methodParams, target, scope)
    })
  }
}
