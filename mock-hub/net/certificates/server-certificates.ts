/**
 * One chain of the hub: an authority and a server certificate that it issued, both EC or both RSA. And the wrong ones of
 * the faults `tls.unknown_ca`, `.wrong_name`, `.expired` and `.not_yet_valid`.
 */

import { X509Certificate, createPrivateKey } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import {
  issueCertificate,
  keyTypeOf,
  makeAuthority,
  makeIntermediate,
  makeSelfSigned,
  type Authority,
  type CertificateRequest,
  type KeyAndCertificate,
  type KeyType,
} from './authority.ts'
import { permittedNames, permits, shortName } from './name-constraints.ts'

/** What is wrong with a chain; the first three are the kinds of `tls.unknown_ca`. */
export type CertificateVariant =
  | 'missing_issuer'
  | 'self_signed_root'
  | 'self_signed_leaf'
  | 'wrong_name'
  | 'name_below'
  | 'expired'
  | 'not_yet_valid'
  | 'rotated'
  | 'many_names'

/** An authority and a server certificate that it issued. */
export interface ServerCertificates {
  readonly authority: Authority
  readonly server: KeyAndCertificate
  /** A certificate of another authority for this one, in PEM. */
  readonly cross?: string
}

export const DAY_MS = 86_400_000
/** The longest life that Apple's verifiers accept below an authority that a user has added. */
const AUTHORITY_LIFE_MS = 825 * DAY_MS
/** Apple's verifiers reject server certificates that are valid for more than 398 days. */
const SERVER_LIFE_MS = 397 * DAY_MS
/** Valid for clients whose clock is a little behind. */
const BACKDATED_MS = DAY_MS
const WRONG_NAME = 'wrong.localhost'
/** Names of the fault `tls.many_names`; every authority permits them. */
const OTHER_NAMES = Array.from({ length: 60 }, (_, at) => `other-${at + 1}.localhost`)
/** A certificate is made anew when it is valid for less. */
const LEAST_LEFT_MS = 30 * DAY_MS

/** The names of every server certificate, and the given ones. */
export function serverNames(hostNames: readonly string[]): readonly string[] {
  return [
    ...new Set(
      ['localhost', '*.localhost', '127.0.0.1', '::1', machineName(), ...hostNames].map((name) =>
        name.toLowerCase(),
      ),
    ),
  ]
}

/**
 * @param now epoch ms of the system's clock: TLS clients check validity by it.
 * @param previous its authority keeps its key, and its names are kept.
 */
export async function makeServerCertificates(
  names: readonly string[],
  now: number,
  keyType: KeyType = 'ec',
  previous?: ServerCertificates,
): Promise<ServerCertificates> {
  const all = previous === undefined ? names : joinedNames(previous, names)
  const authority = await makeAuthority({
    commonName:
      keyType === 'ec' ? `Mock IoT Hub CA (${machineName()})` : `Mock IoT Hub RSA CA (${machineName()})`,
    keyType,
    key: previous?.authority.key,
    permitted: permittedNames([...all, ...(previous?.authority.permitted ?? [])]),
    notBefore: now - BACKDATED_MS,
    notAfter: now + AUTHORITY_LIFE_MS,
  })
  return { authority, server: await issueServer(authority, all, now) }
}

/** The authority of an edge device: it issues certificates for modules, and modules trust it. */
export function makeEdgeAuthority(now: number): Promise<Authority> {
  return makeAuthority({
    commonName: 'Mock IoT Edge CA',
    notBefore: now - BACKDATED_MS,
    notAfter: now + AUTHORITY_LIFE_MS,
  })
}

/** Issues a server certificate under an existing authority. */
export function issueServer(
  authority: Authority,
  names: readonly string[],
  now: number,
  changes: Partial<CertificateRequest> = {},
): Promise<KeyAndCertificate> {
  return issueCertificate(authority, { ...serverRequest(names, now), ...changes })
}

function serverRequest(names: readonly string[], now: number): CertificateRequest {
  return {
    commonName: 'localhost',
    names,
    usage: 'server',
    notBefore: now - BACKDATED_MS,
    notAfter: now + SERVER_LIFE_MS,
  }
}

/** A server certificate that a client must reject, with the issuers that the hub sends. */
export async function makeVariant(
  variant: CertificateVariant,
  { authority, cross = '' }: ServerCertificates,
  names: readonly string[],
  now: number,
): Promise<KeyAndCertificate> {
  const keyType = keyTypeOf(authority.key)
  const issued = async (changes: Partial<CertificateRequest>): Promise<KeyAndCertificate> => {
    const { key, cert } = await issueServer(authority, names, now, changes)
    return { key, cert: `${cert}${cross}` }
  }
  switch (variant) {
    case 'missing_issuer':
    case 'self_signed_root': {
      const unknown = await makeAuthority({
        ...{ commonName: 'Unknown CA', keyType },
        ...{ notBefore: now - BACKDATED_MS, notAfter: now + AUTHORITY_LIFE_MS },
      })
      const { key, cert } = await issueServer(unknown, names, now)
      return { key, cert: variant === 'missing_issuer' ? cert : `${cert}${unknown.cert}` }
    }
    case 'self_signed_leaf':
      return makeSelfSigned(keyType, serverRequest(names, now))
    case 'wrong_name':
      // One that the authority permits: the name must be all that is wrong.
      return issued({ commonName: WRONG_NAME, names: [WRONG_NAME] })
    case 'name_below':
      return issued({ commonName: WRONG_NAME, names: below(names) })
    case 'expired':
      return issued({ notBefore: now - 30 * DAY_MS, notAfter: now - DAY_MS })
    case 'not_yet_valid':
      return issued({ notBefore: now + DAY_MS })
    case 'many_names':
      return issued({ names: [...names, ...OTHER_NAMES] })
    case 'rotated': {
      const intermediate = await makeIntermediate(authority, {
        ...{ notBefore: now - BACKDATED_MS, notAfter: now + SERVER_LIFE_MS },
      })
      const { key, cert } = await issueServer(intermediate, names, now)
      return { key, cert: `${cert}${intermediate.cert}${cross}` }
    }
  }
}

/** Names below those of a hub, for which its authority may issue certificates too. */
function below(names: readonly string[]): readonly string[] {
  return names.filter((name) => isIP(name) === 0 && !name.startsWith('*.')).map((name) => `other.${name}`)
}

/** Why an authority cannot be used any longer; undefined: it can. */
export function authorityProblem(
  authority: Authority,
  names: readonly string[],
  now: number,
): { readonly text: string; readonly damaged: boolean } | undefined {
  const certificate = parsed(authority)
  if (certificate === undefined) return { text: 'the CA is damaged', damaged: true }
  const { permitted } = authority
  const foreign = names.filter((name) => permitted !== undefined && !permits(permitted, name))
  const text =
    Date.parse(certificate.validTo) - now < LEAST_LEFT_MS
      ? 'the CA expires'
      : permitted === undefined
        ? 'the CA could issue certificates for any name'
        : foreign.length > 0
          ? `the CA may not issue certificates for ${foreign.join(', ')}`
          : undefined
  return text === undefined ? undefined : { text, damaged: false }
}

/** Why a server certificate must be made anew; undefined: it need not be. */
export function serverProblem(
  { authority, server }: ServerCertificates,
  names: readonly string[],
  now: number,
): string | undefined {
  const certificate = parsed(server)
  const issuer = parsed(authority)
  if (certificate === undefined || issuer === undefined) return 'the server certificate is damaged'
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
    return 'the server certificate is not of this CA'
  if (Date.parse(certificate.validTo) - now < LEAST_LEFT_MS) return 'the server certificate expires'
  const missing = missingNames(certificate, names)
  return missing.length === 0 ? undefined : `the server certificate does not name ${missing.join(', ')}`
}

/** The names of the server certificate, and the given ones that it lacks. */
export function joinedNames({ server }: ServerCertificates, names: readonly string[]): readonly string[] {
  const certificate = parsed(server)
  if (certificate === undefined) return names
  return [...new Set([...namesOf(certificate), ...missingNames(certificate, names)])]
}

function missingNames(certificate: X509Certificate, names: readonly string[]): readonly string[] {
  const named = namesOf(certificate)
  return names.filter((name) =>
    isIP(name) === 0 ? !named.includes(name) : certificate.checkIP(name) === undefined,
  )
}

function namesOf(certificate: X509Certificate): readonly string[] {
  const named = certificate.subjectAltName?.split(', ') ?? []
  return named.map((name) => shortName(name.replace(/^(DNS|IP Address):/, '').toLowerCase()))
}

/** @returns undefined: not a certificate, or not that of the key. */
function parsed({ key, cert }: KeyAndCertificate): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(cert)
    return certificate.checkPrivateKey(createPrivateKey(key)) ? certificate : undefined
  } catch {
    return undefined
  }
}

function machineName(): string {
  return hostname() || 'localhost'
}
