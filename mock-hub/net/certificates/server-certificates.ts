/**
 * The hub's server certificate, and the wrong ones of the faults `tls.unknown_ca`, `.wrong_name`, `.expired` and
 * `.not_yet_valid`.
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

/** An authority and a server certificate that it issued. */
export interface ServerCertificates {
  readonly authority: KeyAndCertificate
  readonly server: KeyAndCertificate
}

export const DAY_MS = 86_400_000
const AUTHORITY_LIFE_MS = 3_650 * DAY_MS
/** Apple's verifiers reject server certificates that are valid for more than 398 days. */
const SERVER_LIFE_MS = 397 * DAY_MS
/** Valid for clients whose clock is a little behind. */
const BACKDATED_MS = DAY_MS
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

/** @param now epoch ms of the system's clock: TLS clients check validity by it. */
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

/** Issues a server certificate under an existing authority. */
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

/** A server certificate that a client must reject. */
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

/** A self-signed certificate, valid in all other respects. */
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

/** Why an authority cannot be used any longer; undefined: it can. */
export function authorityProblem(authority: KeyAndCertificate, now: number): string | undefined {
  const certificate = parsed(authority)
  if (certificate === undefined) return 'the CA is damaged'
  return Date.parse(certificate.validTo) - now < LEAST_LEFT_MS ? 'the CA expires' : undefined
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
  return named.map((name) => name.replace(/^(DNS|IP Address):/, '').toLowerCase())
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
