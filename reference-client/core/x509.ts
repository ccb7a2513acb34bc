/** The certificate of the client: the documented names in camel case. */

/**
 * The files of the client certificate and its private key. They are read when a client is created.
 *
 * @example
 * ```ts
 * import { IoTHubDeviceClient, X509 } from 'mock-iot-hub-client'
 *
 * export function withCertificate(): IoTHubDeviceClient {
 *   const x509 = new X509('device-cert.pem', 'device-key.pem', 'pass phrase')
 *   return IoTHubDeviceClient.createFromX509Certificate(x509, 'hub.azure-devices.net', 'device-1')
 * }
 * ```
 */
export class X509 {
  readonly #certFile: string
  readonly #keyFile: string
  readonly #passPhrase: string | undefined

  /**
   * @param certFile - path of the certificate in PEM, the leaf first, then its chain.
   * @param keyFile - path of the private key in PEM.
   * @param passPhrase - pass phrase of an encrypted key.
   * @throws TypeError when a path is not a string.
   */
  constructor(certFile: string, keyFile: string, passPhrase?: string | null) {
    if (typeof certFile !== 'string')
      throw new TypeError(`certFile must be the path of a file, was ${typeof certFile}`)
    if (typeof keyFile !== 'string')
      throw new TypeError(`keyFile must be the path of a file, was ${typeof keyFile}`)
    this.#certFile = certFile
    this.#keyFile = keyFile
    this.#passPhrase = passPhrase ?? undefined
  }

  /** Path of the certificate. */
  get certificateFile(): string {
    return this.#certFile
  }

  /** Path of the private key. */
  get keyFile(): string {
    return this.#keyFile
  }

  /** The pass phrase of the key; undefined: the key is not encrypted. */
  get passPhrase(): string | undefined {
    return this.#passPhrase
  }
}
