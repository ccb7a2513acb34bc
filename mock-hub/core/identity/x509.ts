/** Client certificates: thumbprints, and chains to authorities that the hub trusts (WIRE-AUTH-15 to WIRE-AUTH-17). */

import { createHash, X509Certificate } from 'node:crypto'

/** SHA-1 and SHA-256 of a certificate in DER, in lower-case hex. */
export function thumbprintsOf(der: Buffer): readonly [sha1: string, sha256: string] {
  return [createHash('sha1').update(der).digest('hex'), createHash('sha256').update(der).digest('hex')]
}

/** Compares without regard to case, colons and blanks. */
export function sameThumbprint(configured: string | null, actual: readonly string[]): boolean {
  return configured !== null && actual.includes(plainThumbprint(configured))
}

function plainThumbprint(text: string): string {
  return text.replace(/[\s:]/g, '').toLowerCase()
}

/** 40 hex digits (SHA-1) or 64 (SHA-256). */
export function isThumbprint(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(plainThumbprint(text))
}

/** The certificates of authorities that `certificateAuthority` identities may chain to. */
export class CertificateAuthorities {
  readonly #roots: X509Certificate[] = []

  /** @throws Error when the text has no certificate in PEM. */
  trust(pem: string): void {
    for (const [text] of pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g))
      this.#roots.push(new X509Certificate(text))
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('no certificate in PEM')
  }

  /**
   * @param chain in DER, the leaf first.
   * @param name the common name that the subject must have.
   * @param now epoch ms.
   * @returns what is wrong, in words; undefined: nothing.
   */
  problemOf(chain: readonly Buffer[], name: string, now: number): string | undefined {
    const certificates: X509Certificate[] = []
    for (const der of chain) {
      const certificate = parse(der)
      if (certificate === undefined) return 'bytes that are not a certificate'
      certificates.push(certificate)
    }
    const [leaf] = certificates
    if (leaf === undefined) return 'no certificate'
    const commonName = commonNameOf(leaf)
    if (commonName !== name) return `common name ${JSON.stringify(commonName ?? '')}`
    return this.#chainProblem(leaf, certificates, now)
  }

  #chainProblem(leaf: X509Certificate, sent: readonly X509Certificate[], now: number): string | undefined {
    let current = leaf
    // At most one step for each certificate: a loop of issuers ends too.
    for (let step = 0; step <= sent.length; step++) {
      if (now < Date.parse(current.validFrom)) return 'a certificate that is not valid yet'
      if (now > Date.parse(current.validTo)) return 'a certificate that has expired'
      const trusted = this.#roots.find((root) => issued(root, current))
      if (trusted !== undefined) {
        return now > Date.parse(trusted.validTo) ? 'an authority that has expired' : undefined
      }
      const issuer = sent.find((other) => other !== current && other.ca && issued(other, current))
      if (issuer === undefined) return 'a chain that does not end in a registered authority'
      current = issuer
    }
    return 'a chain whose issuers form a loop'
  }
}

function issued(issuer: X509Certificate, subject: X509Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey)
}

function parse(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}

function commonNameOf(certificate: X509Certificate): string | undefined {
  return /^CN=(.*)$/m.exec(certificate.subject)?.[1]
}
