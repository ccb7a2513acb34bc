/** A key and certificate for `localhost`, made once a process. */

import { generate } from 'selfsigned'

export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

const made = new Map<string, Promise<TestCertificate>>()

/** @param commonName also its DNS name. */
export function certificateFor(commonName: string): Promise<TestCertificate> {
  const known = made.get(commonName) ?? make(commonName)
  made.set(commonName, known)
  return known
}

async function make(commonName: string): Promise<TestCertificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: commonName }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: commonName }] }],
  })
  return { key, cert }
}
