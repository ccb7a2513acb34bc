/** A self-signed certificate; for tests. */

import { generate } from 'selfsigned'

let certificate: Promise<{ private: string; cert: string }> | undefined

/** Key and certificate for `localhost`, created once in a process. */
export async function localhostCertificate(): Promise<{ readonly key: string; readonly cert: string }> {
  certificate ??= generate([{ name: 'commonName', value: 'localhost' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
  const { private: key, cert } = await certificate
  return { key, cert }
}
