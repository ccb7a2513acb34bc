/** Certificates of enrollments and of devices: reading, dates, and the `info` that the service shows of them. */

import { X509Certificate } from 'node:crypto'
import { base64Problem } from '../../base/base64.ts'
import type { JsonObject } from '../../base/json.ts'
import { utcText } from '../../base/time-text.ts'

export type Certificate = X509Certificate

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/

/**
 * Reads a certificate in PEM, in base64 of PEM, or in base64 of DER (DPS-ENR-08); of several in PEM the first counts.
 * @returns undefined: the text is none of these.
 */
export function readCertificate(text: string): Certificate | undefined {
  const [pem] = PEM.exec(text) ?? []
  if (pem !== undefined) return parse(pem)
  const base64 = text.replace(/\s+/g, '')
  if (base64Problem(base64) !== undefined) return undefined
  const bytes = Buffer.from(base64, 'base64')
  const [inner] = PEM.exec(bytes.toString('latin1')) ?? []
  return parse(inner ?? bytes)
}

/** All certificates of a text in PEM; what is damaged is left out. */
export function readCertificates(text: string): readonly Certificate[] {
  return [...text.matchAll(new RegExp(PEM, 'g'))]
    .map(([pem]) => parse(pem))
    .filter((each) => each !== undefined)
}

/** @param source PEM or DER. @returns undefined: it is no certificate. */
export function parse(source: string | Buffer): Certificate | undefined {
  try {
    return new X509Certificate(source)
  } catch {
    return undefined
  }
}

/** SHA-256 in upper-case hex, as hub devices have it. */
export function thumbprint({ fingerprint256 }: Certificate): string {
  return fingerprint256.replaceAll(':', '')
}

/** @returns what is wrong with the dates at this time, in words; undefined: nothing. */
export function dateProblem({ validFrom, validTo }: Certificate, now: number): string | undefined {
  if (now < Date.parse(validFrom)) return `a certificate that is not valid before ${validFrom}`
  if (now > Date.parse(validTo)) return `a certificate that expired on ${validTo}`
  return undefined
}

/** Common names of the subject. */
export function commonNames(certificate: Certificate): readonly string[] {
  const names: unknown = certificate.toLegacyObject().subject.CN
  return typeof names === 'string' ? [names] : Array.isArray(names) ? names.map(String) : []
}

/** The subject, or the issuer, on one line: `CN=d1, O=Contoso`. */
export function nameOf(lines: string): string {
  return lines.trim().split('\n').join(', ')
}

/** What the service shows of a certificate; the certificate itself is not returned. */
export function certificateInfo(certificate: Certificate): JsonObject {
  return {
    subjectName: nameOf(certificate.subject),
    sha1Thumbprint: certificate.fingerprint.replaceAll(':', ''),
    sha256Thumbprint: thumbprint(certificate),
    issuerName: nameOf(certificate.issuer),
    notBeforeUtc: utcText(Date.parse(certificate.validFrom)),
    notAfterUtc: utcText(Date.parse(certificate.validTo)),
    serialNumber: certificate.serialNumber,
    version: 3,
  }
}
