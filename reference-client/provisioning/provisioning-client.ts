/** ProvisioningDeviceClient: asks the provisioning service for the hub of a device. */

import { createSecureContext } from 'node:tls'
import { readCertificate, type ClientCertificate } from '../auth/fixed-credentials.ts'
import { decodeKey, formatSasToken, signWithKey, textToSign } from '../auth/sas-token.ts'
import { requiredText } from '../client/client-parts.ts'
import type { CallOptions } from '../client/options.ts'
import { secureContextOptions } from '../client/tls-options.ts'
import { ClientError } from '../core/errors/client-errors.ts'
import { ValueError } from '../core/errors/value-error.ts'
import type { JsonValue } from '../core/models/json.ts'
import type { Transport } from '../core/ports.ts'
import type { X509 } from '../core/x509.ts'
import { MqttTransport } from '../mqtt/transport.ts'
import {
  provisioningSettings,
  type ProvisioningKeyOptions,
  type ProvisioningOptions,
  type ProvisioningSettings,
} from './options.ts'
import { runRegistration } from './registration.ts'
import type { RegistrationResult } from './registration-result.ts'
import { registrationResource, registrationUsername } from './topics.ts'

interface Origin {
  readonly provisioningHost: string
  readonly registrationId: string
  readonly idScope: string
  readonly settings: ProvisioningSettings
  readonly key: Buffer | undefined
  readonly certificate: ClientCertificate | undefined
}

/**
 * A device that asks the Device Provisioning Service which hub is its own. It registers once.
 *
 * @example
 * ```ts
 * import { IoTHubDeviceClient, ProvisioningDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function connected(idScope: string, registrationId: string, key: string): Promise<IoTHubDeviceClient> {
 *   const host = 'global.azure-devices-provisioning.net'
 *   const provisioning = ProvisioningDeviceClient.createFromSymmetricKey(host, registrationId, idScope, key)
 *   const { registrationState } = await provisioning.register()
 *   const { assignedHub, deviceId } = registrationState
 *   return IoTHubDeviceClient.createFromSymmetricKey(key, assignedHub, deviceId)
 * }
 * ```
 */
export class ProvisioningDeviceClient {
  readonly #origin: Origin
  readonly #transport: Transport
  #payload: JsonValue | undefined
  #state: 'ready' | 'registering' | 'registered' = 'ready'

  private constructor(origin: Origin) {
    this.#origin = origin
    this.#transport = transportOf(origin)
  }

  /**
   * Creates a client that signs with a symmetric key.
   * @param provisioningHost - host name of the service, `global.azure-devices-provisioning.net` for all of Azure.
   * @param registrationId - id of the registration.
   * @param idScope - ID scope of the service.
   * @param symmetricKey - the key of the individual enrollment, or the one derived from that of the group; base64.
   * @throws {@link ValueError} when the key is not base64 or an argument is empty; TypeError for unknown options and wrong
   * types.
   */
  static createFromSymmetricKey(
    provisioningHost: string,
    registrationId: string,
    idScope: string,
    symmetricKey: string | Uint8Array,
    options?: ProvisioningKeyOptions,
  ): ProvisioningDeviceClient {
    const settings = provisioningSettings('createFromSymmetricKey', options)
    const text: unknown =
      symmetricKey instanceof Uint8Array ? Buffer.from(symmetricKey).toString('latin1') : symmetricKey
    const names = namesOf(provisioningHost, registrationId, idScope)
    const key = decodeKey(requiredText('symmetricKey', text))
    return new ProvisioningDeviceClient({ ...names, settings, key, certificate: undefined })
  }

  /**
   * Creates a client that authenticates with a certificate, whose common name is the registration id.
   * @param provisioningHost - as of {@link ProvisioningDeviceClient.createFromSymmetricKey}.
   * @param registrationId - id of the registration.
   * @param idScope - ID scope of the service.
   * @param x509 - the certificate, with its chain for an enrollment group, and its key.
   * @throws {@link OSError} when the files cannot be used; ValueError when an argument is empty; TypeError for unknown
   * options and wrong types.
   */
  static createFromX509Certificate(
    provisioningHost: string,
    registrationId: string,
    idScope: string,
    x509: X509,
    options?: ProvisioningOptions,
  ): ProvisioningDeviceClient {
    const settings = provisioningSettings('createFromX509Certificate', options)
    const names = namesOf(provisioningHost, registrationId, idScope)
    const certificate = readCertificate(x509)
    return new ProvisioningDeviceClient({ ...names, settings, key: undefined, certificate })
  }

  /** What the device sends along, for a custom allocation: an object, a text or a number. Default none. */
  get provisioningPayload(): JsonValue | undefined {
    return this.#payload
  }

  set provisioningPayload(payload: JsonValue | undefined) {
    this.#payload = payload
  }

  /**
   * Registers the device, and waits until the service has decided; the client is disconnected before that is told. After
   * success it is no longer operable.
   * @returns the result, with the hub to which the device was assigned.
   * @throws {@link CredentialError} when the credentials are refused; ConnectionFailedError, ConnectionDroppedError,
   * OperationTimeout when the connection fails, is lost, or takes too long; ClientError when the service does not assign
   * the device (its cause is a ServiceError), while another registration runs, and after success; OperationCancelled.
   */
  async register({ signal }: CallOptions = {}): Promise<RegistrationResult> {
    if (this.#state === 'registered')
      throw new ClientError('The client has registered its device and is no longer operable')
    if (this.#state === 'registering') throw new ClientError('The client is registering its device already')
    this.#state = 'registering'
    try {
      const result = await runRegistration({
        transport: this.#transport,
        clock: this.#origin.settings.clock,
        sasToken: this.#token(),
        body: this.#body(),
        signal,
      })
      this.#state = 'registered'
      return result
    } catch (error) {
      this.#state = 'ready'
      throw error
    }
  }

  #token(): string | undefined {
    const { key, idScope, registrationId, settings } = this.#origin
    if (key === undefined) return undefined
    const resource = registrationResource(idScope, registrationId)
    const expiresAt = Math.floor(settings.clock.now() / 1_000) + settings.sastokenTtl
    const signature = signWithKey(key, textToSign(resource, expiresAt))
    return `${formatSasToken(resource, signature, expiresAt)}&skn=registration`
  }

  #body(): string {
    const { registrationId } = this.#origin
    const payload = this.#payload ?? undefined
    return JSON.stringify(payload === undefined ? { registrationId } : { registrationId, payload })
  }
}

function namesOf(
  provisioningHost: unknown,
  registrationId: unknown,
  idScope: unknown,
): Pick<Origin, 'provisioningHost' | 'registrationId' | 'idScope'> {
  const id = requiredText('registrationId', registrationId ?? '')
  if (id.trim() === '') throw new ValueError('registrationId must not be blank')
  return {
    provisioningHost: requiredText('provisioningHost', provisioningHost),
    registrationId: id,
    idScope: requiredText('idScope', idScope),
  }
}

function transportOf({
  provisioningHost,
  registrationId,
  idScope,
  settings,
  certificate,
}: Origin): Transport {
  const host = settings.gatewayHostname ?? provisioningHost
  return new MqttTransport({
    dial: {
      host,
      address: settings.host ?? host,
      port: settings.port,
      proxy: settings.proxy,
      secureContext: createSecureContext(secureContextOptions(settings, certificate)),
      handshakeLimitMs: settings.keepAlive * 1_000,
      clock: settings.clock,
    },
    websockets: settings.websockets,
    clientId: registrationId,
    username: registrationUsername(idScope, registrationId),
    keepAlive: settings.keepAlive,
  })
}
