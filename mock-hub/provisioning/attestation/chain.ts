/** Chains of certificates: from a device's certificate up to the authorities (DPS-AUTH-14, DPS-AUTH-15). */

import { dateProblem, type Certificate } from './certificate.ts'

/**
 * The authorities that stand above a certificate, the nearest first: each has signed the certificate or an authority that
 * stands below it, and is valid now. Each comes once, however many chains lead to it, so that authorities that have
 * certified each other cost no more than others.
 * @param others certificates among which the authorities are looked for.
 */
export function* authoritiesAbove(
  certificate: Certificate,
  others: readonly Certificate[],
  now: number,
): Iterable<Certificate> {
  const unseen = new Set(
    distinct(others).filter(
      (each) => each.ca && !each.raw.equals(certificate.raw) && dateProblem(each, now) === undefined,
    ),
  )
  const open = [certificate]
  for (let subject = open.shift(); subject !== undefined; subject = open.shift())
    for (const authority of unseen) {
      if (!issued(authority, subject)) continue
      unseen.delete(authority)
      open.push(authority)
      yield authority
    }
}

function issued(issuer: Certificate, subject: Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey)
}

function distinct(certificates: readonly Certificate[]): readonly Certificate[] {
  return [...new Map(certificates.map((each) => [each.fingerprint256, each])).values()]
}
