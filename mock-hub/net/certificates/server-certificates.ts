/**
 * What the hub shows its clients: a server certificate under an authority that they are told to trust, and the wrong
 * ones that the levers `tls.unknown_ca`, `.wrong_name`, `.expired` and `.not_yet_valid` ask for.
 */

import { X509Certificate, createPrivateKey } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import {
  issueCertificate,
  makeAuthority,
  type CertificateRequest,
  type KeyAndCertificate,
} from './authority.ts'

export type CertificateVariant = 'unknown_ca' | 'wrong_name' | 'expired' | 'not_yet_valid'

/** An authority and the server certificate that it has issued. */
export interface ServerCertificates {
  readonly authority: KeyAndCertificate
  readonly server: KeyAndCertificate
}

export const DAY_MS = 86_400_000
const AUTHORITY_LIFE_MS = 3_650 * DAY_MS
/** Apple's verifiers refuse servers whose certificate lives longer than 398 days. */
const SERVER_LIFE_MS = 397 * DAY_MS
/** A client whose clock is a little behind must not find them "not yet valid". */
const BACKDATED_MS = DAY_MS
/** Remade when less is left. */
const LEAST_LEFT_MS = 30 * DAY_MS

/** The names that every hub's certificate covers, and those it is asked for. */
export function serverNames(hostNames: readonly string[]): readonly string[] {
  return [
    ...new Set(
      ['localhost', '*.localhost', '127.0.0.1', '::1', machineName(), ...hostNames].map((name) =>
        name.toLowerCase(),
      ),
    ),
  ]
}

/** @param now epoch ms of the system's clock: the other side of TLS knows no other. */
export async function makeServerCertificates(
  names: readonly string[],
  now: number,
): Promise<ServerCertificates> {
  const authority = await makeAuthority(`Mock IoT Hub CA (${machineName()})`, {
    notBefore: now - BACKDATED_MS,
    notAfter: now + AUTHORITY_LIFE_MS,
  })
  return { authority, server: await issueServer(authority, names, now) }
}

/** A server certificate under an authority that there is. */
export function issueServer(
  authority: KeyAndCertificate,
  names: readonly string[],
  now: number,
  changes: Partial<CertificateRequest> = {},
): Promise<KeyAndCertificate> {
  return issueCertificate(authority, {
    commonName: 'localhost',
    names,
    usage: 'server',
    notBefore: now - BACKDATED_MS,
    notAfter: now + SERVER_LIFE_MS,
    ...changes,
  })
}

/** A server certificate that a careful client must refuse. */
export async function makeVariant(
  variant: CertificateVariant,
  { authority }: ServerCertificates,
  names: readonly string[],
  now: number,
): Promise<KeyAndCertificate> {
  switch (variant) {
    case 'unknown_ca':
      return selfSigned(names, now)
    case 'wrong_name': {
      const wrong = { commonName: 'wrong.example', names: ['wrong.example'] }
      return issueServer(authority, names, now, wrong)
    }
    case 'expired':
      return issueServer(authority, names, now, { notBefore: now - 30 * DAY_MS, notAfter: now - DAY_MS })
    case 'not_yet_valid':
      return issueServer(authority, names, now, { notBefore: now + DAY_MS })
  }
}

/** Valid in all but that nobody vouches for it. */
async function selfSigned(names: readonly string[], now: number): Promise<KeyAndCertificate> {
  const { generate } = await import('selfsigned')
  const altNames = names.map((value) =>
    isIP(value) === 0 ? ({ type: 2, value } as const) : ({ type: 7, ip: value } as const),
  )
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - BACKDATED_MS),
    notAfterDate: new Date(now + SERVER_LIFE_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  })
  return { key: made.private, cert: made.cert }
}

/** Why an authority cannot serve any longer, in words; undefined: it can. */
export function authorityProblem(authority: KeyAndCertificate, now: number): string | undefined {
  const certificate = parsed(authority)
  if (certificate === undefined) return 'the CA is damaged'
  return Date.parse(certificate.validTo) - now < LEAST_LEFT_MS ? 'the CA expires' : undefined
}

/** Why a server certificate must be remade, in words; undefined: it need not. */
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

/** What the server certificate names already, and what it is to name besides. */
export function joinedNames({ server }: ServerCertificates, names: readonly string[]): readonly string[] {
  const certificate = parsed(server)
  if (certificate === undefined) return names
  return [...namesOf(certificate), ...missingNames(certificate, names)]
}

function missingNames(certificate: X509Certificate, names: readonly string[]): readonly string[] {
  const named = namesOf(certificate)
  return names.filter((name) =>
    isIP(name) === 0 ? !named.includes(name) : certificate.checkIP(name) === undefined,
  )
}

function namesOf(certificate: X509Certificate): readonly string[] {
  const named = certificate.subjectAltName?.split(', ') ?? []
  return named.map((name) => name.replace(/^(DNS|IP Address):/, '').toLowerCase())
}

/** Undefined when it is no certificate, or not that of the key. */
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
