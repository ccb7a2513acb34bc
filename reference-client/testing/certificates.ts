/** Certificates for the tests of the client. EC keys make handshakes fast. */

import { generate } from 'selfsigned'

export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

let cached: Promise<TestCertificate> | undefined

/** One self-signed server certificate for `localhost` and 127.0.0.1; it is its own trust anchor. */
export function serverCertificate(): Promise<TestCertificate> {
  cached ??= makeCertificate('localhost', ['localhost'])
  return cached
}

/** A self-signed certificate. */
export async function makeCertificate(
  commonName: string,
  names: readonly string[] = [],
): Promise<TestCertificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          { type: 7 as const, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  return { cert, key }
}
