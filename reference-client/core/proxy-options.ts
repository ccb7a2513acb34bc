/** The proxy that a client is to go through: documented names, camel case. */

import { ValueError } from './errors/value-error.ts'

/**
 * Kinds of proxy. `SOCKS4` resolves names at the proxy (SOCKS4a).
 *
 * @example
 * ```ts
 * import { ProxyOptions, type ProxyType } from 'mock-iot-hub-client'
 *
 * export function proxyFrom(url: URL): ProxyOptions {
 *   const proxyType: ProxyType = url.protocol === 'socks5:' ? 'SOCKS5' : 'HTTP'
 *   return new ProxyOptions(proxyType, url.hostname, Number(url.port))
 * }
 * ```
 */
export type ProxyType = 'HTTP' | 'SOCKS4' | 'SOCKS5'

const TYPES: readonly string[] = ['HTTP', 'SOCKS4', 'SOCKS5'] satisfies ProxyType[]

/**
 * Where the proxy is and how to log in there. MQTT, WebSockets and HTTPS calls all go through it.
 *
 * @example
 * ```ts
 * import { IoTHubDeviceClient, ProxyOptions } from 'mock-iot-hub-client'
 *
 * export function behindProxy(connectionString: string): IoTHubDeviceClient {
 *   const proxyOptions = new ProxyOptions('SOCKS5', 'proxy.example', 1080, 'user', 'pass')
 *   return IoTHubDeviceClient.createFromConnectionString(connectionString, { proxyOptions })
 * }
 * ```
 */
export class ProxyOptions {
  readonly #type: ProxyType
  readonly #address: string
  readonly #port: number
  readonly #username: string | undefined
  readonly #password: string | undefined

  /**
   * @param proxyType - `HTTP`, `SOCKS4` or `SOCKS5`.
   * @param proxyAddr - host name or address of the proxy.
   * @param proxyPort - its port.
   * @param proxyUsername - for the login; HTTP and SOCKS5.
   * @param proxyPassword - for the login.
   * @throws {@link ValueError} for another type or a port that is none; TypeError for wrong types.
   */
  constructor(
    proxyType: ProxyType,
    proxyAddr: string,
    proxyPort: number,
    proxyUsername?: string | null,
    proxyPassword?: string | null,
  ) {
    if (!TYPES.includes(proxyType)) {
      throw new ValueError(`Invalid Proxy Type: must be one of ${TYPES.join(', ')}, was ${proxyType}`)
    }
    if (typeof proxyAddr !== 'string') throw new TypeError('proxyAddr must be text')
    if (proxyAddr === '') throw new ValueError('proxyAddr must not be empty')
    const given: unknown = proxyPort
    if (typeof given !== 'number' && typeof given !== 'string') {
      throw new TypeError('proxyPort must be a number')
    }
    const port = Math.trunc(Number(given)) // digits as text count, as in the original
    if (!(port >= 1 && port <= 65_535)) {
      throw new ValueError(`proxyPort must be from 1 to 65535, was ${given}`)
    }
    this.#type = proxyType
    this.#address = proxyAddr
    this.#port = port
    this.#username = proxyUsername ?? undefined
    this.#password = proxyPassword ?? undefined
  }

  /** Kind of proxy. */
  get proxyType(): ProxyType {
    return this.#type
  }

  /** Its host name or address. */
  get proxyAddress(): string {
    return this.#address
  }

  /** Its port. */
  get proxyPort(): number {
    return this.#port
  }

  /** For the login; undefined: none. */
  get proxyUsername(): string | undefined {
    return this.#username
  }

  /** For the login; undefined: none. */
  get proxyPassword(): string | undefined {
    return this.#password
  }
}
