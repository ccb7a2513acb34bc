/** Credentials from the application: a SAS token that the application renews, or a client certificate. */

import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Credentials } from '../core/ports.ts'
import { OSError } from '../core/errors/os-error.ts'
import type { X509 } from '../core/x509.ts'
import type { SasToken } from './sas-token.ts'

/** A token that the application supplies. */
export class SasTokenCredentials implements Credentials {
  readonly renew = undefined
  #token: SasToken

  constructor(token: SasToken) {
    this.#token = token
  }

  get sasToken(): string {
    return this.#token.text
  }

  get expiresAt(): number {
    return this.#token.expiresAt
  }

  /** @internal The current token, parsed. */
  get token(): SasToken {
    return this.#token
  }

  replace(token: SasToken): void {
    this.#token = token
  }
}

/** The certificate authenticates the client in TLS; there is no password (SRC-23). */
export const CERTIFICATE_CREDENTIALS: Credentials = Object.freeze({
  sasToken: undefined,
  expiresAt: undefined,
  renew: undefined,
})

/** A client certificate and its key. */
export interface ClientCertificate {
  readonly cert: string
  readonly key: string
  readonly passphrase: string | undefined
}

/**
 * Reads both files and checks them.
 * @throws OSError when a file cannot be read, is not PEM, or the pass phrase does not decrypt the key.
 */
export function readCertificate(x509: X509): ClientCertificate {
  const certificate = {
    cert: read('certificate', x509.certificateFile),
    key: read('private key', x509.keyFile),
    passphrase: x509.passPhrase,
  }
  try {
    createSecureContext({
      cert: certificate.cert,
      key: certificate.key,
      ...(x509.passPhrase === undefined ? {} : { passphrase: x509.passPhrase }),
    })
  } catch (cause) {
    throw new OSError(
      'The X509 certificate and its key cannot be used: both must be PEM and the pass phrase must match',
      {
        cause,
      },
    )
  }
  return certificate
}

function read(what: string, path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (cause) {
    throw new OSError(`The X509 ${what} file cannot be read: ${path}`, { cause })
  }
}
