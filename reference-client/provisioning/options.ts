/** The options of the provisioning client: the documented names in camel case, with defaults and bounds. */

import { type Clock, SystemClock } from '../core/clock.ts'
import type { ProxyOptions } from '../core/proxy-options.ts'
import type { ClientExtensions, TrustOptions } from '../client/options.ts'
import { flag, lifetime, optionalText, proxy, wholeSeconds } from '../client/option-values.ts'
import { cipherList, type TlsSettings, trust } from '../client/tls-options.ts'

/**
 * Options of {@link ProvisioningDeviceClient.createFromX509Certificate}. An unknown option is a TypeError that names it.
 *
 * @example
 * ```ts
 * import type { ProvisioningOptions } from 'mock-iot-hub-client'
 *
 * export const throughFirewall: ProvisioningOptions = { websockets: true, keepAlive: 240 }
 * ```
 */
export interface ProvisioningOptions extends TrustOptions {
  /** Host name to dial instead of the provisioning host. */
  readonly gatewayHostname?: string | undefined
  /** MQTT over WebSockets (port 443) instead of MQTT (port 8883). Default `false`. */
  readonly websockets?: boolean | undefined
  /** Cipher suites for TLS, as of the device client. Default: the list of Node. */
  readonly cipher?: string | readonly string[] | undefined
  /** A proxy for all traffic. Default none. */
  readonly proxyOptions?: ProxyOptions | undefined
  /** The longest silence between client and service, in whole seconds. Default 60, from 1 to 1740. */
  readonly keepAlive?: number | undefined
  /** The same by the name that the documentation spells in one word. */
  readonly keepalive?: number | undefined
  /** Options beyond the documented ones: `endpoint` and `clock`. */
  readonly extensions?: Pick<ClientExtensions, 'endpoint' | 'clock'> | undefined
}

/**
 * Options of {@link ProvisioningDeviceClient.createFromSymmetricKey}.
 *
 * @example
 * ```ts
 * import type { ProvisioningKeyOptions } from 'mock-iot-hub-client'
 *
 * export const short: ProvisioningKeyOptions = { sastokenTtl: 300 }
 * ```
 */
export interface ProvisioningKeyOptions extends ProvisioningOptions {
  /** Life of the token, in whole seconds. Default 3600, at least 1. */
  readonly sastokenTtl?: number | undefined
}

export interface ProvisioningSettings extends TlsSettings {
  readonly gatewayHostname: string | undefined
  readonly websockets: boolean
  readonly proxy: ProxyOptions | undefined
  readonly keepAlive: number
  readonly sastokenTtl: number
  readonly host: string | undefined
  readonly port: number
  readonly clock: Clock
}

const COMMON = [
  'serverVerificationCert',
  'gatewayHostname',
  'websockets',
  'cipher',
  'proxyOptions',
  'keepAlive',
  'keepalive',
  'extensions',
]
const EXTENSIONS = ['endpoint', 'clock']
const MAX_KEEP_ALIVE = 1_740

/** @throws TypeError for an unknown option and for values of the wrong type; ValueError for values out of bounds. */
export function provisioningSettings(
  factory: 'createFromSymmetricKey' | 'createFromX509Certificate',
  options: unknown,
): ProvisioningSettings {
  if (options !== undefined && options !== null && typeof options !== 'object')
    throw new TypeError(`The options of ${factory} must be an object`)
  const accepted = factory === 'createFromSymmetricKey' ? [...COMMON, 'sastokenTtl'] : COMMON
  const given: ProvisioningKeyOptions = options ?? {}
  checkNames(Object.keys(given), accepted, '')
  const { extensions = {} } = given
  checkNames(Object.keys(extensions), EXTENSIONS, 'extensions.')
  const websockets = flag(given.websockets, false)
  const { endpoint } = extensions
  return {
    serverVerificationCert: trust(given.serverVerificationCert),
    gatewayHostname: optionalText('gatewayHostname', given.gatewayHostname),
    websockets,
    cipher: cipherList(given.cipher),
    proxy: proxy(given.proxyOptions),
    keepAlive: wholeSeconds('keepAlive', given.keepAlive ?? given.keepalive, 60, MAX_KEEP_ALIVE),
    sastokenTtl: lifetime(given.sastokenTtl),
    host: endpoint?.host,
    port: websockets ? (endpoint?.httpsPort ?? 443) : (endpoint?.mqttPort ?? 8_883),
    clock: extensions.clock ?? new SystemClock(),
  }
}

function checkNames(names: readonly string[], accepted: readonly string[], prefix: string): void {
  const unknown = names.find((name) => !accepted.includes(name))
  if (unknown !== undefined) throw new TypeError(`Unsupported keyword argument: '${prefix}${unknown}'`)
}
