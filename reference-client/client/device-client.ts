/** IoTHubDeviceClient: its factories, and the calls that only a device has. */

import { CERTIFICATE_CREDENTIALS, readCertificate, SasTokenCredentials } from '../auth/fixed-credentials.ts'
import { assertNotExpired, parseSasToken } from '../auth/sas-token.ts'
import { SharedAccessKeyCredentials } from '../auth/shared-access-key.ts'
import { getStorageInfo, notifyUpload } from '../capabilities/file-upload.ts'
import type { Receiver } from '../capabilities/receiver.ts'
import { ClientParts, requiredText } from './client-parts.ts'
import { parseConnectionString } from '../core/connection-string.ts'
import { ValueError } from '../core/errors/value-error.ts'
import type { ReceivedMessage } from '../core/models/message.ts'
import type { StorageInfo } from '../core/models/upload.ts'
import { X509 } from '../core/x509.ts'
import type { ReceiveHandler } from './handlers.ts'
import { GenericIoTHubClient } from './iot-client.ts'
import type {
  CallOptions,
  ConnectionStringOptions,
  SastokenOptions,
  SymmetricKeyOptions,
  X509Options,
} from './options.ts'
import { settingsFrom } from './settings.ts'

/**
 * A device's connection to an IoT hub, directly or through a gateway.
 *
 * @example
 * ```ts
 * import { IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function reportTemperature(connectionString: string): Promise<void> {
 *   await using client = IoTHubDeviceClient.createFromConnectionString(connectionString)
 *   client.onMessageReceived = (message) => {
 *     console.log(message.data.toString('utf8'))
 *   }
 *   await client.sendMessage(JSON.stringify({ temperature: 21.5 }))
 * }
 * ```
 */
export class IoTHubDeviceClient extends GenericIoTHubClient {
  readonly #messages: Receiver<ReceivedMessage>

  private constructor(parts: ClientParts) {
    super(parts)
    this.#messages = this.core.receiveMessages({
      handlerName: 'onMessageReceived',
      callName: 'receiveMessage',
      filter: this.core.session.topics.c2dFilter,
      unclaimed: 'keep',
    })
  }

  // ------------------------------------------------------------------ factories

  /**
   * Creates a client from a device connection string.
   * @param connectionString - `HostName=…;DeviceId=…;SharedAccessKey=…`, optionally with `GatewayHostName`.
   * @throws {@link ValueError} when it is malformed, incomplete, for a module, or declares X.509, and for option values
   * out of bounds; TypeError for unknown options and wrong types.
   */
  static createFromConnectionString(
    connectionString: string,
    options?: ConnectionStringOptions,
  ): IoTHubDeviceClient {
    const settings = settingsFrom('createFromConnectionString', options)
    const { hostName, deviceId, moduleId, gatewayHostName, sharedAccessKey } =
      parseConnectionString(connectionString)
    if (moduleId !== undefined) {
      throw new ValueError('Invalid Connection String - it is for a module: use IoTHubModuleClient')
    }
    const identity = { deviceId, moduleId }
    const credentials = new SharedAccessKeyCredentials(
      sharedAccessKey,
      hostName,
      identity,
      settings.sastokenTtl,
      settings.clock,
    )
    return new IoTHubDeviceClient(
      new ClientParts({ hostName, identity, credentials, settings, gatewayHostName }),
    )
  }

  /**
   * Creates a client from a SAS token; its resource names the host and the device.
   * @param sastoken - `SharedAccessSignature sr=…&sig=…&se=…`.
   * @throws {@link ValueError} when it is not a token, is for a module, or has expired; as createFromConnectionString
   * for options.
   */
  static createFromSastoken(sastoken: string, options?: SastokenOptions): IoTHubDeviceClient {
    const settings = settingsFrom('createFromSastoken', options)
    const token = parseSasToken(sastoken)
    const { hostName, identity } = token
    if (identity.moduleId !== undefined) throw new ValueError('Provided SasToken is for a module')
    assertNotExpired(token, settings.clock.now() / 1_000)
    return new IoTHubDeviceClient(
      new ClientParts({ hostName, identity, credentials: new SasTokenCredentials(token), settings }),
    )
  }

  /**
   * Creates a client that signs with a symmetric key.
   * @param symmetricKey - the key of the device, base64.
   * @param hostname - host name of the hub.
   * @param deviceId - id of the device.
   * @throws {@link ValueError} when the key is not base64 or an argument is empty; TypeError when one is missing;
   * as createFromConnectionString for options.
   */
  static createFromSymmetricKey(
    symmetricKey: string | Uint8Array,
    hostname: string,
    deviceId: string,
    options?: SymmetricKeyOptions,
  ): IoTHubDeviceClient {
    const settings = settingsFrom('createFromSymmetricKey', options)
    const key: unknown =
      symmetricKey instanceof Uint8Array ? Buffer.from(symmetricKey).toString('latin1') : symmetricKey
    const hostName = requiredText('hostname', hostname)
    const identity = { deviceId: requiredText('deviceId', deviceId), moduleId: undefined }
    const credentials = new SharedAccessKeyCredentials(
      requiredText('symmetricKey', key),
      hostName,
      identity,
      settings.sastokenTtl,
      settings.clock,
    )
    return new IoTHubDeviceClient(new ClientParts({ hostName, identity, credentials, settings }))
  }

  /**
   * Creates a client that authenticates with a certificate.
   * @param x509 - the certificate and its key.
   * @param hostname - host name of the hub.
   * @param deviceId - id of the device.
   * @throws {@link OSError} when the files cannot be used; TypeError when an argument is missing; as
   * createFromConnectionString for options.
   */
  static createFromX509Certificate(
    x509: X509,
    hostname: string,
    deviceId: string,
    options?: X509Options,
  ): IoTHubDeviceClient {
    const settings = settingsFrom('createFromX509Certificate', options)
    if (!((x509 as unknown) instanceof X509))
      throw new TypeError('x509 is required and must be an X509 object')
    const hostName = requiredText('hostname', hostname)
    const identity = { deviceId: requiredText('deviceId', deviceId), moduleId: undefined }
    return new IoTHubDeviceClient(
      new ClientParts({
        hostName,
        identity,
        credentials: CERTIFICATE_CREDENTIALS,
        settings,
        certificate: readCertificate(x509),
      }),
    )
  }

  // ------------------------------------------------------------------ messages from the hub

  /**
   * Called with each message that the hub sends to the device. Setting it subscribes, `null` unsubscribes. Default
   * `null`.
   */
  get onMessageReceived(): ReceiveHandler<ReceivedMessage> | null {
    return this.#messages.handler
  }

  set onMessageReceived(handler: ReceiveHandler<ReceivedMessage> | null | undefined) {
    this.#messages.handler = handler
  }

  /**
   * Receives a message that the hub sent to the device.
   * @deprecated since 2.3.0 of the documented SDK: set {@link IoTHubDeviceClient.onMessageReceived} instead.
   * @param block - wait for a message. Default `true`.
   * @param timeout - the longest wait, in seconds. Default: no limit.
   * @returns the message; `null` when none arrived.
   * @throws the errors of connect; {@link ClientError} after a receive handler was set.
   */
  receiveMessage(
    block?: boolean,
    timeout?: number | null,
    options: CallOptions = {},
  ): Promise<ReceivedMessage | null> {
    return this.#messages.receive({ block, timeout, signal: options.signal })
  }

  /**
   * The messages as they arrive, until shutdown. Counts as a receive call: it cannot be combined with handlers. Beyond
   * the documented API.
   */
  messages(options: CallOptions = {}): AsyncGenerator<ReceivedMessage, void, undefined> {
    return this.#messages.items(undefined, options.signal)
  }

  // ------------------------------------------------------------------ file upload

  /**
   * Requests, over HTTPS, the storage information for the upload of a blob.
   * @param blobName - name of the blob in the storage account.
   * @throws {@link CredentialError}, {@link ConnectionFailedError}, {@link ConnectionDroppedError},
   * {@link OperationTimeout} (10 s), {@link ClientError} with a {@link ServiceError} as its cause.
   */
  getStorageInfoForBlob(blobName: string, options: CallOptions = {}): Promise<StorageInfo> {
    return this.core.call(options, async (scope) => {
      if (typeof blobName !== 'string') throw new TypeError('blobName is required and must be a string')
      return getStorageInfo(this.core.parts.http, this.core.parts.identity.deviceId, blobName, scope)
    })
  }

  /**
   * Notifies the hub, over HTTPS, of the outcome of an upload.
   * @param correlationId - from {@link IoTHubDeviceClient.getStorageInfoForBlob}.
   * @param isSuccess - whether the upload succeeded.
   * @param statusCode - status of the storage account's response.
   * @param statusDescription - description of that status.
   * @throws as {@link IoTHubDeviceClient.getStorageInfoForBlob}.
   */
  notifyBlobUploadStatus(
    correlationId: string,
    isSuccess: boolean,
    statusCode: number,
    statusDescription: string,
    options: CallOptions = {},
  ): Promise<void> {
    return this.core.call(options, async (scope) => {
      const given: Readonly<Record<string, unknown>> = {
        correlationId,
        isSuccess,
        statusCode,
        statusDescription,
      }
      for (const [name, value] of Object.entries(given)) {
        if (value === undefined) throw new TypeError(`${name} is required`)
      }
      return notifyUpload(
        this.core.parts.http,
        this.core.parts.identity.deviceId,
        { correlationId, isSuccess, statusCode, statusDescription },
        scope,
      )
    })
  }
}
