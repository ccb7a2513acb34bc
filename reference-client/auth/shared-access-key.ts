/** Credentials from a shared access key: the client signs and renews its tokens itself. */

import type { Clock } from '../core/clock.ts'
import type { Credentials, Identity } from '../core/ports.ts'
import { decodeKey, formatSasToken, resourceOf, signWithKey, textToSign } from './sas-token.ts'

export class SharedAccessKeyCredentials implements Credentials {
  readonly #key: Buffer
  readonly #resource: string
  readonly #ttlSeconds: number
  readonly #clock: Clock
  sasToken = ''
  expiresAt = 0

  /** @throws ValueError when the key is not base64. */
  constructor(key: string, hostName: string, identity: Identity, ttlSeconds: number, clock: Clock) {
    this.#key = decodeKey(key)
    this.#resource = resourceOf(hostName, identity)
    this.#ttlSeconds = ttlSeconds
    this.#clock = clock
    this.renew()
  }

  renew(): void {
    this.expiresAt = Math.floor(this.#clock.now() / 1_000) + this.#ttlSeconds
    const signature = signWithKey(this.#key, textToSign(this.#resource, this.expiresAt))
    this.sasToken = formatSasToken(this.#resource, signature, this.expiresAt)
  }
}
