/** Certificates of authorities that are uploaded for groups, and the proof that their key is possessed. */

/** An uploaded certificate. */
export interface UploadedCertificate {
  /** Its name. */
  readonly name: string
  /** Subject, as OpenSSL prints it on one line. */
  readonly subject: string
  /** SHA-256 of the certificate, in upper-case hex. */
  readonly thumbprint: string
  /** Whether the key is proven to be possessed, or was said to be. */
  readonly verified: boolean
}

/** Uploaded certificates; groups refer to them by name (`caReferences`). */
export interface Certificates {
  /**
   * Uploads a certificate; one of the same name is replaced.
   * @param certificate - PEM, base64 of PEM, or base64 of DER.
   * @param verified - true: no proof of possession is asked for.
   * @throws HubError GenericBadRequest.
   */
  upload(name: string, certificate: string, verified?: boolean): UploadedCertificate
  /** The code that a verification certificate must have as its common name. @throws HubError ProvisioningNotFound. */
  verificationCode(name: string): string
  /**
   * Verifies a certificate by one that its key has signed for the code.
   * @throws HubError ProvisioningNotFound, GenericBadRequest.
   */
  verify(name: string, certificate: string): UploadedCertificate
  /** Removes a certificate. @throws HubError ProvisioningNotFound. */
  remove(name: string): void
  /** All certificates, sorted by name. */
  list(): readonly UploadedCertificate[]
}
