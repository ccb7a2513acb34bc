/** Keys and certificates for tests, created once per process. */

import { generate } from 'selfsigned'

export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

const created = new Map<string, Promise<TestCertificate>>()

/** @param commonName is also the DNS name. */
export function certificateFor(commonName: string): Promise<TestCertificate> {
  const known = created.get(commonName) ?? create(commonName)
  created.set(commonName, known)
  return known
}

async function create(commonName: string): Promise<TestCertificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: commonName }], {
    algorithm: 'sha256',
    keyType: 'ec',
    // The clocks of tests stand in the past.
    notBeforeDate: new Date('2020-01-01'),
    notAfterDate: new Date('2049-01-01'),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: commonName }] }],
  })
  return { key, cert }
}
