/** The client's own certificate: documented names, camel case. */

/**
 * Where the client's certificate and its private key are. The files are read when a client is made from it.
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
   * @param certFile - path of the certificate in PEM (base64), the leaf first, then its chain.
   * @param keyFile - path of the private key in PEM.
   * @param passPhrase - opens the key when it is encrypted.
   * @throws TypeError when a path is not text.
   */
  constructor(certFile: string, keyFile: string, passPhrase?: string | null) {
    if (typeof certFile !== 'string') throw new TypeError('certFile must be the path of a file')
    if (typeof keyFile !== 'string') throw new TypeError('keyFile must be the path of a file')
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

  /** Opens the key; undefined: it is not encrypted. */
  get passPhrase(): string | undefined {
    return this.#passPhrase
  }
}
