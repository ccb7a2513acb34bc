/**
 * Options to frozen settings: one table of defaults and bounds.
 * Source: docs/contract/client/options.md#client-options-checks; decisions D-10, D-11, D-32.
 */

import { Buffer } from 'node:buffer'
import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { type Clock, SystemClock } from '../core/clock.ts'
import { ValueError } from '../core/errors/value-error.ts'
import { ProxyOptions } from '../core/proxy-options.ts'
import type {
  ClientExtensions,
  ConnectionStringOptions,
  EdgeEnvironmentOptions,
  SastokenOptions,
  SymmetricKeyOptions,
  X509Options,
} from './options.ts'

/** What the client goes by after its factory has accepted the options. */
export interface Settings {
  readonly serverVerificationCert: string | undefined
  readonly gatewayHostname: string | undefined
  readonly websockets: boolean
  readonly cipher: string | undefined
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
/** The original's bound is its platform's longest timer: 2^32 − 1 ms on Windows, 2^63 − 1 ns elsewhere. */
const MAX_RETRY_INTERVAL = process.platform === 'win32' ? 4_294_967 : 9_223_372_036

/**
 * @throws TypeError for an option the factory does not know, before anything else, and for values of the wrong type;
 * ValueError for values out of bounds.
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

/** Numbers and truth values count as their text, as in the original. */
function text(name: string, value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return ''
    case 'string':
      return value
    case 'number':
    case 'boolean':
      return String(value)
    default:
      throw new TypeError(`'${name}' must be text, was ${typeof value}`)
  }
}

function flag(value: unknown, byDefault: boolean): boolean {
  return value === undefined ? byDefault : Boolean(value)
}

function optionalText(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw new TypeError(`${name} must be text, was ${typeof value}`)
  return value
}

/** A whole number of seconds; numbers are cut, texts of digits and truth values count as in the original. */
function wholeSeconds(name: string, value: unknown, byDefault: number, max: number): number {
  if (value === undefined) return byDefault
  const isText = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)
  if (typeof value !== 'number' && typeof value !== 'boolean' && !isText) {
    throw new TypeError(`Invalid type for '${name}': a whole number of seconds is needed`)
  }
  const seconds = Math.trunc(Number(value))
  if (Number.isNaN(seconds)) throw new TypeError(`Invalid type for '${name}': NaN is no number of seconds`)
  if (seconds <= 0 || seconds > max) {
    throw new ValueError(`'${name}' must be from 1 to ${max} seconds, was ${seconds}`)
  }
  return seconds
}

function lifetime(value: unknown): number {
  if (value === undefined) return 3_600
  if (typeof value !== 'number') {
    throw new TypeError(`Invalid type for 'sastokenTtl': a whole number of seconds is needed`)
  }
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new ValueError(`'sastokenTtl' must be a positive whole number of seconds, was ${value}`)
  }
  return value
}

function operationTimeout(value: unknown): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number')
    throw new TypeError(`'extensions.operationTimeout' must be a number of seconds`)
  if (!(value > 0)) throw new ValueError(`'extensions.operationTimeout' must be positive, was ${value}`)
  return value * 1_000
}

function proxy(value: unknown): ProxyOptions | undefined {
  if (value === undefined || value === null) return undefined
  if (!(value instanceof ProxyOptions)) throw new TypeError(`'proxyOptions' must be a ProxyOptions object`)
  return value
}

/** Checks the certificates one by one: Node itself passes over text that is none. */
function trust(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
    throw new TypeError(`'serverVerificationCert' must be PEM text, was ${typeof value}`)
  }
  const text = typeof value === 'string' ? value : Buffer.from(value).toString('latin1')
  if (text === '') return undefined
  assertCertificates(text, (cause) => {
    throw new ValueError(`'serverVerificationCert' holds no usable certificate in PEM`, { cause })
  })
  return text
}

/** Every certificate of a PEM text is readable, and there is one. */
export function assertCertificates(pem: string, refuse: (cause: unknown) => never): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
  if (blocks === null) return refuse(undefined)
  for (const block of blocks) {
    try {
      new X509Certificate(block)
    } catch (error) {
      refuse(error)
    }
  }
}

/** Suite names in either spelling; words like `HIGH` or `!aNULL` stay as they are. */
function cipherList(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  const list: unknown = Array.isArray(value) ? (value as unknown[]) : [value]
  if (!isTexts(list)) throw new TypeError(`'cipher' must be text or a list of texts`)
  const text = list
    .join(':')
    .split(':')
    .map((name) => suiteName(name.trim()))
    .join(':')
  if (text === '') return undefined
  try {
    createSecureContext({ ciphers: text })
  } catch (cause) {
    throw new ValueError(`'cipher' names no usable cipher suite: ${text}`, { cause })
  }
  return text
}

function isTexts(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((name) => typeof name === 'string')
}

function suiteName(name: string): string {
  if (/^TLS_/i.test(name)) return name.toUpperCase() // TLS 1.3 suites are spelled with underscores
  return /^[A-Za-z0-9]+([-_][A-Za-z0-9]+)+$/.test(name) ? name.toUpperCase().replaceAll('_', '-') : name
}

/** TLS 1.3 has suites of its own: a list without any means TLS 1.2, a list of nothing else TLS 1.3. */
function versions(cipher: string | undefined): Pick<SecureContextOptions, 'minVersion' | 'maxVersion'> {
  const suites = cipher?.split(':') ?? []
  const modern = suites.filter((name) => name.startsWith('TLS_')).length
  if (suites.length === 0 || (modern > 0 && modern < suites.length)) return { minVersion: 'TLSv1.2' }
  return modern === 0 ? { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } : { minVersion: 'TLSv1.3' }
}

/** TLS as the settings want it. @throws as Node does for keys and certificates that do not fit. */
export function secureContextOptions(
  settings: Settings,
  own: { readonly cert: string; readonly key: string; readonly passphrase: string | undefined } | undefined,
): SecureContextOptions {
  return {
    ...versions(settings.cipher),
    ...(settings.serverVerificationCert === undefined ? {} : { ca: settings.serverVerificationCert }),
    ...(settings.cipher === undefined ? {} : { ciphers: settings.cipher }),
    ...(own === undefined
      ? {}
      : {
          cert: own.cert,
          key: own.key,
          ...(own.passphrase === undefined ? {} : { passphrase: own.passphrase }),
        }),
  }
}
