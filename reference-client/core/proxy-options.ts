/** The proxy of a client: the documented names in camel case. */

import { ValueError } from './errors/value-error.ts'

/**
 * The types of proxies. With `SOCKS4` the proxy resolves host names (SOCKS4a).
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
 * The address and the login of a proxy. MQTT, WebSockets and HTTPS calls use it.
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
   * @param proxyPort - port of the proxy.
   * @param proxyUsername - user name, for HTTP and SOCKS5.
   * @param proxyPassword - password.
   * @throws {@link ValueError} for an unknown proxy type or an invalid port; TypeError for wrong types.
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
    if (typeof proxyAddr !== 'string')
      throw new TypeError(`proxyAddr must be a string, was ${typeof proxyAddr}`)
    if (proxyAddr === '') throw new ValueError('proxyAddr must not be empty')
    const given: unknown = proxyPort
    if (typeof given !== 'number' && typeof given !== 'string') {
      throw new TypeError(`proxyPort must be a number, was ${typeof given}`)
    }
    const port = Math.trunc(Number(given)) // a string of digits is accepted, as in the Python SDK
    if (!(port >= 1 && port <= 65_535)) {
      throw new ValueError(`proxyPort must be from 1 to 65535, was ${given}`)
    }
    this.#type = proxyType
    this.#address = proxyAddr
    this.#port = port
    this.#username = proxyUsername ?? undefined
    this.#password = proxyPassword ?? undefined
  }

  /** The type of the proxy. */
  get proxyType(): ProxyType {
    return this.#type
  }

  /** The host name or address of the proxy. */
  get proxyAddress(): string {
    return this.#address
  }

  /** The port of the proxy. */
  get proxyPort(): number {
    return this.#port
  }

  /** The user name; undefined: none. */
  get proxyUsername(): string | undefined {
    return this.#username
  }

  /** The password; undefined: none. */
  get proxyPassword(): string | undefined {
    return this.#password
  }
}
