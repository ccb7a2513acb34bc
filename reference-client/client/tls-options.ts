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

/** Checks the certificates one by one: Node itself passes over text that is none. */
export function trust(value: unknown): string | undefined {
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
export function cipherList(value: unknown): string | undefined {
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
