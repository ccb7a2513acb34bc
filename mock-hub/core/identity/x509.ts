/** Client certificates: thumbprints, and chains to authorities that the hub trusts (WIRE-AUTH-15 to WIRE-AUTH-17, WIRE-AUTH-23 to WIRE-AUTH-25). */

import { createHash, X509Certificate } from 'node:crypto'
// Node 20: `toLegacyObject` before the first load of this module leaves it without `createSecureContext`.
import 'node:tls'
import { noStore, type Commits } from '../contract/store/commits.ts'

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
  #roots: X509Certificate[] = []
  readonly #commits: Commits

  constructor(commits: Commits = noStore()) {
    this.#commits = commits
    commits.keep<string>({
      kind: 'authority',
      keys: () => this.#roots.map(({ fingerprint256 }) => fingerprint256),
      read: (key) => this.#roots.find(({ fingerprint256 }) => fingerprint256 === key)?.toString(),
      load: (documents) => {
        const stored = documents.map(({ value }) => new X509Certificate(value))
        const known = new Set(stored.map(({ fingerprint256 }) => fingerprint256))
        this.#roots = [...stored, ...this.#roots.filter(({ fingerprint256 }) => !known.has(fingerprint256))]
      },
    })
  }

  /** @throws Error when the text has no certificate in PEM. */
  trust(pem: string): void {
    for (const [text] of pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g))
      this.#add(new X509Certificate(text))
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('no certificate in PEM')
  }

  #add(root: X509Certificate): void {
    this.#roots.push(root)
    this.#commits.changed('authority', root.fingerprint256)
  }

  /**
   * @param chain in DER, the leaf first.
   * @param name the common name that the subject must have.
   * @param now epoch ms.
   * @param anyUsage setting `anyCertificateUsage`.
   * @returns the rule that is broken and what is wrong, in words; undefined: nothing.
   */
  problemOf(
    chain: readonly Buffer[],
    name: string,
    now: number,
    anyUsage: boolean,
  ): CertificateProblem | undefined {
    const certificates: X509Certificate[] = []
    for (const der of chain) {
      const certificate = parse(der)
      if (certificate === undefined) return untrusted('bytes that are not a certificate')
      certificates.push(certificate)
    }
    const [leaf] = certificates
    if (leaf === undefined) return untrusted('no certificate')
    const commonNames = commonNamesOf(leaf)
    const [commonName = ''] = commonNames
    if (commonNames.length > 1) return untrusted(`the common names ${JSON.stringify(commonNames)}`)
    if (commonName !== name) return untrusted(`common name ${JSON.stringify(commonName)}`)
    const problem = this.#chainProblem(leaf, certificates, now)
    return problem === undefined ? usageProblemOf(leaf, anyUsage) : untrusted(problem)
  }

  #chainProblem(leaf: X509Certificate, sent: readonly X509Certificate[], now: number): string | undefined {
    let current = leaf
    // At most one step for each certificate: a loop of issuers ends too.
    for (let step = 0; step <= sent.length; step++) {
      const problem = dateProblemOf(current, now)
      if (problem !== undefined) return problem
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

/** A rule of the contract, and what breaks it, in words. */
export interface CertificateProblem {
  readonly rule: string
  readonly received: string
}

function untrusted(received: string): CertificateProblem {
  return { rule: 'WIRE-AUTH-17', received }
}

/**
 * What is wrong with the dates of a certificate, in words; undefined: nothing, or the bytes are no certificate.
 *
 * @param now epoch ms.
 */
export function problemOfDates(der: Buffer, now: number): string | undefined {
  const certificate = parse(der)
  return certificate === undefined ? undefined : dateProblemOf(certificate, now)
}

function dateProblemOf({ validFrom, validTo }: X509Certificate, now: number): string | undefined {
  if (now < Date.parse(validFrom)) return `a certificate that is not valid before ${validFrom}`
  if (now > Date.parse(validTo)) return `a certificate that expired on ${validTo}`
  return undefined
}

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'
const ANY_USAGE = '2.5.29.37.0'

function usageProblemOf(leaf: X509Certificate, anyUsage: boolean): CertificateProblem | undefined {
  if (leaf.ca) return { rule: 'WIRE-AUTH-24', received: 'the certificate of an authority' }
  // Node's name for the extended key usage; undefined when the certificate has no such extension.
  const usage = leaf.keyUsage as readonly string[] | undefined
  if (anyUsage || usage === undefined) return undefined
  if (usage.includes(CLIENT_AUTHENTICATION) || usage.includes(ANY_USAGE)) return undefined
  return { rule: 'WIRE-AUTH-25', received: `the extended key usage ${usage.join(', ')}` }
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

/** Read from the parsed name: the printed one escapes characters, and joins the parts of a name with several values. */
function commonNamesOf(certificate: X509Certificate): readonly string[] {
  const names: unknown = certificate.toLegacyObject().subject.CN
  return typeof names === 'string' ? [names] : Array.isArray(names) ? names.map(String) : []
}
