/** The options of each factory: documented names in camel case, their defaults, their bounds, and what breaks them. */

import type { Clock } from '../core/clock.ts'
import type { ProxyOptions } from '../core/proxy-options.ts'

/**
 * What every factory accepts. Options that a factory does not know are refused with a TypeError that names them.
 *
 * @example
 * ```ts
 * import type { ClientOptions } from 'mock-iot-hub-client'
 *
 * export const patient: ClientOptions = { keepAlive: 240, connectionRetryInterval: 60, productInfo: 'Pump/2.1' }
 * ```
 */
export interface ClientOptions {
  /** Speak MQTT over WebSockets, port 443, instead of plain MQTT, port 8883. Default `false`. */
  readonly websockets?: boolean | undefined
  /**
   * Cipher suites for TLS: an OpenSSL cipher list or a list of names, `ECDHE-RSA-AES128-GCM-SHA256` or
   * `ECDHE_RSA_AES128_GCM_SHA256`. Default: Node's own list. ValueError when none is usable.
   */
  readonly cipher?: string | readonly string[] | undefined
  /** Text that is appended to the agent string that the client sends. Default empty. */
  readonly productInfo?: string | undefined
  /** A proxy for all traffic. Default none. */
  readonly proxyOptions?: ProxyOptions | undefined
  /**
   * The longest silence between client and hub, in whole seconds; the client pings when it has nothing else to send.
   * Default 60, from 1 to 1740.
   */
  readonly keepAlive?: number | undefined
  /** Calls that need the connection open it themselves. Default `true`. */
  readonly autoConnect?: boolean | undefined
  /** A dropped connection is re-established. Default `true`. */
  readonly connectionRetry?: boolean | undefined
  /** Seconds between two tries to re-establish it, whole. Default 10, at least 1. */
  readonly connectionRetryInterval?: number | undefined
  /** After a re-connection, make sure the newest desired properties were received. Default `true`. */
  readonly ensureDesiredProperties?: boolean | undefined
  /** What this client has beyond the documented options. */
  readonly extensions?: ClientExtensions | undefined
}

/**
 * An option of the factories that do not get their trust from the environment.
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs'
 * import type { TrustOptions } from 'mock-iot-hub-client'
 *
 * export const trust: TrustOptions = { serverVerificationCert: readFileSync('gateway-ca.pem', 'utf8') }
 * ```
 */
export interface TrustOptions {
  /** PEM text of the certificates to trust instead of the system's. */
  readonly serverVerificationCert?: string | Uint8Array | undefined
}

/**
 * An option of the factories that get host and identity as arguments.
 *
 * @example
 * ```ts
 * import type { GatewayOptions } from 'mock-iot-hub-client'
 *
 * export const gateway: GatewayOptions = { gatewayHostname: 'gateway.local' }
 * ```
 */
export interface GatewayOptions {
  /** Host name of the gateway to connect to instead of the hub. */
  readonly gatewayHostname?: string | undefined
}

/**
 * An option of the factories that sign SAS tokens themselves.
 *
 * @example
 * ```ts
 * import type { SigningOptions } from 'mock-iot-hub-client'
 *
 * export const shortLived: SigningOptions = { sastokenTtl: 900 }
 * ```
 */
export interface SigningOptions {
  /** Lifetime of the tokens in whole seconds. Default 3600, at least 1. */
  readonly sastokenTtl?: number | undefined
}

/**
 * Options of `createFromConnectionString`.
 *
 * @example
 * ```ts
 * import { IoTHubDeviceClient, type ConnectionStringOptions } from 'mock-iot-hub-client'
 *
 * const options: ConnectionStringOptions = { websockets: true }
 *
 * export function make(connectionString: string): IoTHubDeviceClient {
 *   return IoTHubDeviceClient.createFromConnectionString(connectionString, options)
 * }
 * ```
 */
export interface ConnectionStringOptions extends ClientOptions, TrustOptions, SigningOptions {}
/**
 * Options of `createFromSastoken`.
 *
 * @example
 * ```ts
 * import { IoTHubDeviceClient, type SastokenOptions } from 'mock-iot-hub-client'
 *
 * const options: SastokenOptions = { websockets: true }
 *
 * export function make(sastoken: string): IoTHubDeviceClient {
 *   return IoTHubDeviceClient.createFromSastoken(sastoken, options)
 * }
 * ```
 */
export interface SastokenOptions extends ClientOptions, TrustOptions, GatewayOptions {}
/**
 * Options of `createFromSymmetricKey`.
 *
 * @example
 * ```ts
 * import { IoTHubDeviceClient, type SymmetricKeyOptions } from 'mock-iot-hub-client'
 *
 * const options: SymmetricKeyOptions = { sastokenTtl: 7_200 }
 *
 * export function make(key: string): IoTHubDeviceClient {
 *   return IoTHubDeviceClient.createFromSymmetricKey(key, 'hub.azure-devices.net', 'device-1', options)
 * }
 * ```
 */
export interface SymmetricKeyOptions extends ClientOptions, TrustOptions, GatewayOptions, SigningOptions {}
/**
 * Options of `createFromX509Certificate`.
 *
 * @example
 * ```ts
 * import { IoTHubModuleClient, X509, type X509Options } from 'mock-iot-hub-client'
 *
 * const options: X509Options = { cipher: ['ECDHE-ECDSA-AES256-GCM-SHA384'] }
 *
 * export function make(x509: X509): IoTHubModuleClient {
 *   return IoTHubModuleClient.createFromX509Certificate(x509, 'hub.azure-devices.net', 'device-1', 'module-1', options)
 * }
 * ```
 */
export interface X509Options extends ClientOptions, TrustOptions, GatewayOptions {}
/**
 * Options of `createFromEdgeEnvironment`.
 *
 * @example
 * ```ts
 * import { type EdgeEnvironmentOptions, IoTHubModuleClient } from 'mock-iot-hub-client'
 *
 * const options: EdgeEnvironmentOptions = { ensureDesiredProperties: false }
 *
 * export async function make(): Promise<IoTHubModuleClient> {
 *   return IoTHubModuleClient.createFromEdgeEnvironment(options)
 * }
 * ```
 */
export interface EdgeEnvironmentOptions extends ClientOptions, SigningOptions {}

/**
 * Beyond the documented options, all opt-in: what is left out leaves the client as documented.
 *
 * @example
 * ```ts
 * import type { ClientExtensions } from 'mock-iot-hub-client'
 *
 * export const impatient: ClientExtensions = { operationTimeout: 5 }
 * ```
 */
export interface ClientExtensions {
  /**
   * Limit in seconds for every call that waits for the hub; a call that takes longer fails with OperationTimeout.
   * Default none: such calls wait as long as the documentation says.
   */
  readonly operationTimeout?: number | undefined
  /** Where the hub or gateway really listens; host names in credentials stay as they are. */
  readonly endpoint?: Endpoint | undefined
  /** Time as the client sees it; for tests that wind it. Default: the system's. */
  readonly clock?: Clock | undefined
  /** Variables that `createFromEdgeEnvironment` reads. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * An address to dial instead of the documented one; each part alone is possible.
 *
 * @example
 * ```ts
 * import { type Endpoint, IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export function onLoopback(connectionString: string, ca: string, endpoint: Endpoint): IoTHubDeviceClient {
 *   return IoTHubDeviceClient.createFromConnectionString(connectionString, {
 *     serverVerificationCert: ca,
 *     extensions: { endpoint: { host: '127.0.0.1', ...endpoint } },
 *   })
 * }
 * ```
 */
export interface Endpoint {
  /** Host name or address. Default: the hub's or gateway's host name. */
  readonly host?: string | undefined
  /** Port of MQTT. Default 8883. */
  readonly mqttPort?: number | undefined
  /** Port of HTTPS and WebSockets. Default 443. */
  readonly httpsPort?: number | undefined
}

/**
 * What every call takes as its last argument; beyond the documented API.
 *
 * @example
 * ```ts
 * import type { IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export async function sendOrGiveUp(client: IoTHubDeviceClient, signal: AbortSignal): Promise<void> {
 *   await client.sendMessage('hello', { signal })
 * }
 * ```
 */
export interface CallOptions {
  /** Gives the call up: it fails with OperationCancelled, the signal's reason as its cause. */
  readonly signal?: AbortSignal | undefined
}
