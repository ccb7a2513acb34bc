/** How an enrollment lets devices prove themselves. */

import type { Certificate } from './certificate.ts'

/** The kinds of X.509 attestation. */
export const X509_KINDS = ['clientCertificates', 'signingCertificates', 'caReferences'] as const
export type X509Kind = (typeof X509_KINDS)[number]

/** Two of a kind; the second is for renewal. */
export interface Pair<T> {
  readonly primary: T | undefined
  readonly secondary: T | undefined
}

export interface SymmetricKeyAttestation {
  readonly type: 'symmetricKey'
  /** base64. */
  readonly primaryKey: string
  readonly secondaryKey: string
}

export type X509Attestation = { readonly type: 'x509' } & (
  | { readonly kind: 'clientCertificates' | 'signingCertificates'; readonly certificates: Pair<Certificate> }
  | { readonly kind: 'caReferences'; readonly names: Pair<string> }
)

export interface TpmAttestation {
  readonly type: 'tpm'
  readonly endorsementKey: string
  readonly storageRootKey: string | undefined
}

export type Attestation = SymmetricKeyAttestation | X509Attestation | TpmAttestation
