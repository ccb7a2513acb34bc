/** What the workload API of IoT Edge asks of the hub's authority: a certificate with its chain and its private key. */

export interface IssueCertificateRequest {
  readonly usage: 'server' | 'client'
  /** Common name, and the only name of the certificate. */
  readonly commonName: string
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
