/** IoTHubModuleClient: its factories, and the calls that only a module has. */

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
 * A module's connection to an IoT hub, or to the Edge hub of its device.
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
      unclaimed: 'drop',
    })
  }

  // ------------------------------------------------------------------ factories

  /**
   * Creates a client from a module connection string.
   * @param connectionString - `HostName=…;DeviceId=…;ModuleId=…;SharedAccessKey=…`, optionally with `GatewayHostName`.
   * @throws {@link ValueError} when it is malformed, incomplete, for a device, or declares X.509, and for option values
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
   * Creates a client from a SAS token; its resource names the host, the device and the module.
   * @param sastoken - `SharedAccessSignature sr=…&sig=…&se=…`.
   * @throws {@link ValueError} when it is not a token, is for a device, or has expired; as createFromConnectionString
   * for options.
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
   * Creates a client that authenticates with a certificate.
   * @param x509 - the certificate and its key.
   * @param hostname - host name of the hub.
   * @param deviceId - id of the device.
   * @param moduleId - id of the module on that device.
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
   * Creates a client from the environment variables of the Edge runtime. In a container it uses the workload API, which
   * also supplies the trusted certificates; for development, `EdgeHubConnectionString` and
   * `EdgeModuleCACertificateFile`. Settles when the first token is signed.
   * @throws {@link OSError} when the environment is incomplete or the workload API fails; {@link ValueError} when the
   * debug variables are invalid; TypeError for unknown options. Every error rejects the promise.
   */
  static async createFromEdgeEnvironment(options?: EdgeEnvironmentOptions): Promise<IoTHubModuleClient> {
    const settings = settingsFrom('createFromEdgeEnvironment', options)
    return new IoTHubModuleClient(new ClientParts(await edgeOrigin(settings)))
  }

  // ------------------------------------------------------------------ inputs and outputs

  /**
   * Called with each message that arrives on any input; `message.inputName` names the input. Setting a handler
   * subscribes, `null` unsubscribes. Default `null`.
   */
  get onMessageReceived(): ReceiveHandler<ReceivedMessage> | null {
    return this.#inputs.handler
  }

  set onMessageReceived(handler: ReceiveHandler<ReceivedMessage> | null | undefined) {
    this.#inputs.handler = handler
  }

  /**
   * Sends a message to an output of the module. Settles when it is acknowledged. Connects first when needed.
   * @param message - the message, or its payload; the call sets its `outputName`.
   * @param outputName - name of the output.
   * @throws as sendMessage; TypeError when `outputName` is not a string.
   */
  sendMessageToOutput(
    message: Message | MessageData,
    outputName: string,
    options: CallOptions = {},
  ): Promise<void> {
    return this.core.call(options, (scope) => {
      const output = asMessage(message)
      assertSize(output)
      if (typeof outputName !== 'string') throw new TypeError('outputName is required and must be a string')
      output.outputName = outputName
      return sendMessage(this.core.session, output, scope)
    })
  }

  /**
   * Receives a message that another module sent to an input.
   * @deprecated since 2.3.0 of the documented SDK: set {@link IoTHubModuleClient.onMessageReceived} instead.
   * @param inputName - name of the input.
   * @param block - wait for a message. Default `true`.
   * @param timeout - the longest wait, in seconds. Default: no limit.
   * @returns the message; `null` when none arrived.
   * @throws the errors of connect; {@link ClientError} after a receive handler was set.
   */
  receiveMessageOnInput(
    inputName: string,
    block?: boolean,
    timeout?: number | null,
    options: CallOptions = {},
  ): Promise<ReceivedMessage | null> {
    if (typeof inputName !== 'string') {
      return Promise.reject(new TypeError('inputName is required and must be a string'))
    }
    return this.#inputs.receive({ block, timeout, channel: inputName, signal: options.signal })
  }

  /**
   * The messages of one input as they arrive, until shutdown. Counts as a receive call: it cannot be combined with
   * handlers. Beyond the documented API.
   */
  messagesOnInput(
    inputName: string,
    options: CallOptions = {},
  ): AsyncGenerator<ReceivedMessage, void, undefined> {
    return this.#inputs.items(inputName, options.signal)
  }

  // ------------------------------------------------------------------ method invocation

  /**
   * Invokes a method of a device or of another module, over HTTPS through the gateway. Available only to clients that
   * were created from the Edge environment.
   * @param methodParams - the method, its payload, and the hub's timeouts in seconds.
   * @param deviceId - id of the device.
   * @param moduleId - id of the module on that device. Default: the device itself.
   * @throws {@link CredentialError}, {@link ConnectionFailedError}, {@link ConnectionDroppedError};
   * {@link OperationTimeout} 5 s after the given timeouts, or after 10 s without any; {@link ClientError}, with a
   * {@link ServiceError} as its cause when the gateway refuses; {@link ValueError} without a method name.
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
          cause: new Error('Only a client that was created from the Edge environment can invoke methods'),
        })
      }
      return invokeMethod(this.core.parts.http, this.core.parts.identity, methodParams, target, scope)
    })
  }
}
