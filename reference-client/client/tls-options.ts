/** The options of TLS: trusted certificates, cipher suites, versions. */

import { Buffer } from 'node:buffer'
import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { ValueError } from '../core/errors/value-error.ts'

export interface TlsSettings {
  /** PEM; undefined: the system's certificates. */
  readonly serverVerificationCert: string | undefined
  /** An OpenSSL cipher list; undefined: that of Node. */
  readonly cipher: string | undefined
}

/** Checks each certificate: Node ignores text that is not one. */
export function trust(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
    throw new TypeError(`'serverVerificationCert' must be PEM, was ${typeof value}`)
  }
  const text = typeof value === 'string' ? value : Buffer.from(value).toString('latin1')
  if (text === '') return undefined
  assertCertificates(text, (cause) => {
    throw new ValueError(`'serverVerificationCert' must contain a usable certificate in PEM`, { cause })
  })
  return text
}

/** Calls `refuse` when the PEM text has no certificate, or an unreadable one. */
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

/** Accepts both spellings of suite names; keywords like `HIGH` or `!aNULL` do not change. */
export function cipherList(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  const list: unknown = Array.isArray(value) ? (value as unknown[]) : [value]
  if (!isStringArray(list)) throw new TypeError(`'cipher' must be a string or a list of strings`)
  const text = list
    .join(':')
    .split(':')
    .map((name) => suiteName(name.trim()))
    .join(':')
  if (text === '') return undefined
  try {
    createSecureContext({ ciphers: text })
  } catch (cause) {
    throw new ValueError(`'cipher' contains no usable cipher suite: ${text}`, { cause })
  }
  return text
}

function isStringArray(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((name) => typeof name === 'string')
}

function suiteName(name: string): string {
  if (/^TLS_/i.test(name)) return name.toUpperCase() // the names of TLS 1.3 suites have underscores
  return /^[A-Za-z0-9]+([-_][A-Za-z0-9]+)+$/.test(name) ? name.toUpperCase().replaceAll('_', '-') : name
}

/** TLS 1.3 has its own suites: a list without them selects TLS 1.2, a list of only them TLS 1.3. */
function versions(cipher: string | undefined): Pick<SecureContextOptions, 'minVersion' | 'maxVersion'> {
  const suites = cipher?.split(':') ?? []
  const modern = suites.filter((name) => name.startsWith('TLS_')).length
  if (suites.length === 0 || (modern > 0 && modern < suites.length)) return { minVersion: 'TLSv1.2' }
  return modern === 0 ? { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } : { minVersion: 'TLSv1.3' }
}

/** The TLS options of the settings. @throws the error of Node for a key that does not match its certificate. */
export function secureContextOptions(
  settings: TlsSettings,
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
