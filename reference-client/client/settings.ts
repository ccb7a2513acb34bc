/**
 * Turns the options of a factory into frozen settings: accepted names, defaults, bounds.
 * Source: docs/contract/client/options.md#client-options-checks; decisions D-10, D-11, D-32.
 */

import { type Clock, SystemClock } from '../core/clock.ts'
import type { ProxyOptions } from '../core/proxy-options.ts'
import type {
  ClientExtensions,
  ConnectionStringOptions,
  EdgeEnvironmentOptions,
  SastokenOptions,
  SymmetricKeyOptions,
  X509Options,
} from './options.ts'
import { flag, lifetime, operationTimeout, optionalText, proxy, text, wholeSeconds } from './option-values.ts'
import { cipherList, type TlsSettings, trust } from './tls-options.ts'

/** The settings of a client, after its factory has accepted the options. */
export interface Settings extends TlsSettings {
  readonly gatewayHostname: string | undefined
  readonly websockets: boolean
  readonly productInfo: string
  readonly proxy: ProxyOptions | undefined
  readonly sastokenTtl: number
  readonly keepAlive: number
  readonly autoConnect: boolean
  readonly connectionRetry: boolean
  readonly connectionRetryIntervalMs: number
  readonly ensureDesiredProperties: boolean
  readonly operationTimeoutMs: number | undefined
  readonly endpoint: {
    readonly host: string | undefined
    readonly mqttPort: number
    readonly httpsPort: number
  }
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
}

type AnyOptions = ConnectionStringOptions &
  SastokenOptions &
  SymmetricKeyOptions &
  X509Options &
  EdgeEnvironmentOptions
type OptionName = keyof AnyOptions

const COMMON: readonly OptionName[] = [
  'websockets',
  'cipher',
  'productInfo',
  'proxyOptions',
  'keepAlive',
  'autoConnect',
  'connectionRetry',
  'connectionRetryInterval',
  'ensureDesiredProperties',
  'extensions',
]

/** What each factory accepts beyond the common options. */
const ACCEPTED = {
  createFromConnectionString: ['serverVerificationCert', 'sastokenTtl'],
  createFromSastoken: ['serverVerificationCert', 'gatewayHostname'],
  createFromSymmetricKey: ['serverVerificationCert', 'gatewayHostname', 'sastokenTtl'],
  createFromX509Certificate: ['serverVerificationCert', 'gatewayHostname'],
  createFromEdgeEnvironment: ['sastokenTtl'],
} as const satisfies Record<string, readonly OptionName[]>

export type Factory = keyof typeof ACCEPTED

const EXTENSIONS: readonly (keyof ClientExtensions)[] = [
  'operationTimeout',
  'endpoint',
  'clock',
  'environment',
]

const MAX_KEEP_ALIVE = 1_740
/** The bound of the Python SDK is the longest timer of its platform: 2^32 − 1 ms on Windows, 2^63 − 1 ns elsewhere. */
const MAX_RETRY_INTERVAL = process.platform === 'win32' ? 4_294_967 : 9_223_372_036

/**
 * Checks the options of a factory.
 * @throws TypeError for an unknown option, before any other check, and for values of the wrong type; ValueError for
 * values out of bounds.
 */
export function settingsFrom(factory: Factory, options: object | undefined): Settings {
  const given = optionsOf(factory, options)
  const extensions = extensionsOf(given.extensions)
  return Object.freeze({
    serverVerificationCert: trust(given.serverVerificationCert),
    gatewayHostname: optionalText('gatewayHostname', given.gatewayHostname),
    websockets: flag(given.websockets, false),
    cipher: cipherList(given.cipher),
    productInfo: text('productInfo', given.productInfo),
    proxy: proxy(given.proxyOptions),
    sastokenTtl: lifetime(given.sastokenTtl),
    keepAlive: wholeSeconds('keepAlive', given.keepAlive, 60, MAX_KEEP_ALIVE),
    autoConnect: flag(given.autoConnect, true),
    connectionRetry: flag(given.connectionRetry, true),
    connectionRetryIntervalMs:
      wholeSeconds('connectionRetryInterval', given.connectionRetryInterval, 10, MAX_RETRY_INTERVAL) * 1_000,
    ensureDesiredProperties: flag(given.ensureDesiredProperties, true),
    operationTimeoutMs: operationTimeout(extensions.operationTimeout),
    endpoint: {
      host: extensions.endpoint?.host,
      mqttPort: extensions.endpoint?.mqttPort ?? 8_883,
      httpsPort: extensions.endpoint?.httpsPort ?? 443,
    },
    clock: extensions.clock ?? new SystemClock(),
    environment: extensions.environment ?? process.env,
  })
}

function optionsOf(factory: Factory, options: unknown): AnyOptions {
  if (options === undefined || options === null) return {}
  if (typeof options !== 'object') throw new TypeError(`The options of ${factory} must be an object`)
  const accepted: readonly string[] = [...COMMON, ...ACCEPTED[factory]]
  for (const name of Object.keys(options)) {
    if (!accepted.includes(name)) throw new TypeError(`Unsupported keyword argument: '${name}'`)
  }
  return options
}

function extensionsOf(extensions: unknown): ClientExtensions {
  if (extensions === undefined) return {}
  if (typeof extensions !== 'object' || extensions === null) {
    throw new TypeError('extensions must be an object')
  }
  for (const name of Object.keys(extensions)) {
    if (!(EXTENSIONS as readonly string[]).includes(name)) {
      throw new TypeError(`Unsupported keyword argument: 'extensions.${name}'`)
    }
  }
  return extensions
}
