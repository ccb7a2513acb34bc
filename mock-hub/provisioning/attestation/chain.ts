/** Chains of certificates: from a device's certificate up to the authorities (DPS-AUTH-14, DPS-AUTH-15). */

import { dateProblem, type Certificate } from './certificate.ts'

/** More than any real chain has; it bounds the search where authorities have certified each other. */
const LONGEST = 10

/**
 * Every chain that leads upwards from the first certificate presented: each certificate is signed by the next, which is
 * an authority, and all are valid now. A chain is given again for each certificate by which it grows, the shortest first.
 * @param presented as the device sent them, the leaf first.
 * @param known further authorities that the device need not send.
 */
export function* chainsOf(
  presented: readonly Certificate[],
  known: readonly Certificate[],
  now: number,
): Iterable<readonly Certificate[]> {
  const [leaf, ...sent] = presented
  if (leaf === undefined || dateProblem(leaf, now) !== undefined) return
  const authorities = distinct([...sent, ...known]).filter(
    (each) => each.ca && dateProblem(each, now) === undefined,
  )
  const open: (readonly Certificate[])[] = [[leaf]]
  for (let chain = open.shift(); chain !== undefined; chain = open.shift()) {
    yield chain
    const last = chain.at(-1)
    if (last === undefined || chain.length >= LONGEST) continue
    for (const issuer of authorities)
      if (!chain.some((each) => each.raw.equals(issuer.raw)) && issued(issuer, last))
        open.push([...chain, issuer])
  }
}

function issued(issuer: Certificate, subject: Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey)
}

function distinct(certificates: readonly Certificate[]): readonly Certificate[] {
  return [...new Map(certificates.map((each) => [each.fingerprint256, each])).values()]
}
