/**
 * What the workload API of IoT Edge asks of the authority of the edge device: a certificate with its chain and its
 * private key. The API limits the names; modules alone trust that authority.
 */

export interface IssueCertificateRequest {
  readonly usage: 'server' | 'client'
  readonly commonName: string
  /** DNS names and IP addresses. */
  readonly names: readonly string[]
  /** Epoch ms. */
  readonly expiresAt: number
}

export interface IssuedCertificate {
  /** PEM: the certificate, followed by its issuer. */
  readonly certificate: string
  /** PEM, PKCS #8. */
  readonly privateKey: string
}

/** Issues a certificate under the authority that the trust bundle names. */
export type IssueCertificate = (request: IssueCertificateRequest) => Promise<IssuedCertificate>
