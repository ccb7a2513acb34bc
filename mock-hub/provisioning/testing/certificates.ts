/** Authorities and device certificates for tests of provisioning. */

import { X509Certificate } from 'node:crypto'
// Node 20: `toLegacyObject` of a certificate before the first load of this module leaves it without
// `createSecureContext`, for every test file of the process. A running hub has loaded it.
import 'node:tls'
import { generate } from 'selfsigned'

export interface Made {
  readonly pem: string
  readonly key: string
  readonly der: Buffer
}

const CA = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true },
] as const

/**
 * Valid from 2020 on.
 * @param by the issuer; undefined: itself.
 * @param withKeyOf a certificate whose key it has; undefined: a key of its own.
 */
export async function make(
  commonName: string,
  by?: Made,
  { ca = false, until = '2050-01-01', from = '2020-01-01' } = {},
  withKeyOf?: Made,
): Promise<Made> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    algorithm: 'sha256',
    keyType: 'ec',
    notBeforeDate: new Date(from),
    notAfterDate: new Date(until),
    ...(ca ? { extensions: [...CA] } : {}),
    ...(by === undefined ? {} : { ca: { key: by.key, cert: by.pem } }),
    ...(withKeyOf === undefined ? {} : { keyPair: keyPairOf(withKeyOf) }),
  })
  return { pem: cert, key, der: new X509Certificate(cert).raw }
}

function keyPairOf({ key, pem }: Made): { privateKey: string; publicKey: string } {
  const publicKey = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return { privateKey: key, publicKey }
}
