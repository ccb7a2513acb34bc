/** The options of each factory: the documented names in camel case, with defaults and bounds. */

import type { Clock } from '../core/clock.ts'
import type { ProxyOptions } from '../core/proxy-options.ts'

/**
 * The options of every factory. A factory rejects an unknown option with a TypeError that names it.
 *
 * @example
 * ```ts
 * import type { ClientOptions } from 'mock-iot-hub-client'
 *
 * export const patient: ClientOptions = { keepAlive: 240, connectionRetryInterval: 60, productInfo: 'Pump/2.1' }
 * ```
 */
export interface ClientOptions {
  /** MQTT over WebSockets (port 443) instead of MQTT (port 8883). Default `false`. */
  readonly websockets?: boolean | undefined
  /**
   * Cipher suites for TLS: an OpenSSL cipher list or a list of names, `ECDHE-RSA-AES128-GCM-SHA256` or
   * `ECDHE_RSA_AES128_GCM_SHA256`. Default: the list of Node. ValueError when none is usable.
   */
  readonly cipher?: string | readonly string[] | undefined
  /** Appended to the agent string of the client. Default empty. */
  readonly productInfo?: string | undefined
  /** A proxy for all traffic. Default none. */
  readonly proxyOptions?: ProxyOptions | undefined
  /**
   * The longest silence between client and hub, in whole seconds; the client sends a ping when it has nothing to send.
   * Default 60, from 1 to 1740.
   */
  readonly keepAlive?: number | undefined
  /** Calls that need the connection open it. Default `true`. */
  readonly autoConnect?: boolean | undefined
  /** The client re-establishes a lost connection. Default `true`. */
  readonly connectionRetry?: boolean | undefined
  /** Whole seconds between two attempts to re-establish it. Default 10, at least 1. */
  readonly connectionRetryInterval?: number | undefined
  /** After a reconnection, the client makes sure that it has the newest desired properties. Default `true`. */
  readonly ensureDesiredProperties?: boolean | undefined
  /** Options beyond the documented ones. */
  readonly extensions?: ClientExtensions | undefined
}

/**
 * The option of the factories whose trusted certificates do not come from the environment.
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
  /** The trusted certificates in PEM, instead of those of the system. */
  readonly serverVerificationCert?: string | Uint8Array | undefined
}

/**
 * The option of the factories that take host and identity as arguments.
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
 * The option of the factories whose clients sign their own SAS tokens.
 *
 * @example
 * ```ts
 * import type { SigningOptions } from 'mock-iot-hub-client'
 *
 * export const shortLived: SigningOptions = { sastokenTtl: 900 }
 * ```
 */
export interface SigningOptions {
  /** Lifetime of a token in whole seconds. Default 3600, at least 1. */
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
 * Options beyond the documented ones. Without them, the client behaves as documented.
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
   * Limit of every call that waits for the hub, in seconds; a call that takes longer fails with OperationTimeout.
   * Default none: calls wait as documented.
   */
  readonly operationTimeout?: number | undefined
  /** The address that the client dials; host names in credentials do not change. */
  readonly endpoint?: Endpoint | undefined
  /** The clock of the client, for tests that control time. Default: the system clock. */
  readonly clock?: Clock | undefined
  /** The environment variables that `createFromEdgeEnvironment` reads. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * The address to dial instead of the documented one; each part is optional.
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
  /** Host name or address. Default: the host name of the hub or gateway. */
  readonly host?: string | undefined
  /** Port of MQTT. Default 8883. */
  readonly mqttPort?: number | undefined
  /** Port of HTTPS and WebSockets. Default 443. */
  readonly httpsPort?: number | undefined
}

/**
 * The last argument of every call. Beyond the documented API.
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
  /** Cancels the call: it fails with OperationCancelled, with the reason of the signal as its cause. */
  readonly signal?: AbortSignal | undefined
}
