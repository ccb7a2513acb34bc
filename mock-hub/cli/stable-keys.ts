/** Keys that are the same at every start, so that connection strings survive a restart. */

import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { STORE_FILE } from '../net/certificates/certificate-store.ts'
import type { ServerCertificates } from '../net/certificates/server-certificates.ts'
import { fileText } from './file-text.ts'

/**
 * Derives keys from the private key of the CA in the directory, or from the random seed.
 * @returns a function for the option `keyOf`. The hub calls it after it has written the CA.
 */
export function stableKeys(directory: string, randomSeed: number | undefined): (purpose: string) => string {
  let secret: string | undefined
  return (purpose) => {
    secret ??= randomSeed === undefined ? authorityKey(directory) : `seed ${String(randomSeed)}`
    return createHmac('sha256', secret).update(purpose).digest('base64')
  }
}

function authorityKey(directory: string): string {
  // The certificate store has just written this file or checked it.
  const { authority } = JSON.parse(fileText('--dir', join(directory, STORE_FILE))) as ServerCertificates
  return authority.key
}
