/** A temporary EC certificate for the anchors, so that both sides perform the same handshake. */
import { generate } from 'selfsigned'

export interface TlsPair {
  readonly key: string
  readonly cert: string
}

export async function makeTls(): Promise<TlsPair> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  })
  return { key: made.private, cert: made.cert }
}
