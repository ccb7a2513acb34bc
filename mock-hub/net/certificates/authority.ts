/**
 * Authorities and the certificates that they issue, EC P-256 or RSA, with the key identifiers and critical extensions
 * that strict verifiers require (RFC 5280, 4.2.1.1 and 4.2.1.2; Python 3.13 sets VERIFY_X509_STRICT).
 */

import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto'
import { isIPv4, isIP } from 'node:net'
import { NAME_CONSTRAINTS, nameConstraintsDer, permitsText } from './name-constraints.ts'

/** A private key and its certificate, in PEM. */
export interface KeyAndCertificate {
  readonly key: string
  readonly cert: string
}

export interface Authority extends KeyAndCertificate {
  /** The names that it may issue certificates for; undefined: any. */
  readonly permitted?: readonly string[] | undefined
}

export type KeyType = 'ec' | 'rsa'

/** Epoch ms. */
export interface Validity {
  readonly notBefore: number
  readonly notAfter: number
}

export interface AuthorityRequest extends Validity {
  readonly commonName: string
  /** Default: `ec`. */
  readonly keyType?: KeyType | undefined
  /** A private key in PEM. Default: a new one. */
  readonly key?: string | undefined
  /** The names that it may issue certificates for. Default: any. */
  readonly permitted?: readonly string[] | undefined
}

export interface CertificateRequest extends Validity {
  readonly commonName: string
  /** DNS names and IP addresses. */
  readonly names?: readonly string[] | undefined
  readonly usage: 'server' | 'client'
}

type KeyPair = webcrypto.CryptoKeyPair

const SIGNATURE = {
  ec: { name: 'ECDSA', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const
const KEY = {
  ec: { name: 'ECDSA', namedCurve: 'P-256' },
  rsa: {
    ...SIGNATURE.rsa,
    modulusLength: 2_048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const

/** Creates an authority, or a new certificate for the key of one. */
export async function makeAuthority(request: AuthorityRequest): Promise<Authority> {
  const { commonName, keyType = 'ec', key, permitted } = request
  const x509 = await library()
  const keys = key === undefined ? await makeKeys(keyType) : await keysOf(key)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    ...dates(request),
    signingAlgorithm: SIGNATURE[keyType],
    keys,
    extensions: [
      ...(await authorityExtensions(keys.publicKey, 1, permitted)),
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { key: await pemOf(keys.privateKey), cert: pemText(certificate), permitted }
}

/**
 * A certificate of one authority for the name and the key of another, as valid as the other's own: who trusts either of
 * them can verify what the other issues.
 */
export async function crossCertificate(subject: Authority, issuer: Authority): Promise<string> {
  const x509 = await library()
  const [own, above] = [new x509.X509Certificate(subject.cert), new x509.X509Certificate(issuer.cert)]
  const { publicKey } = await keysOf(subject.key)
  const { privateKey: signingKey } = await keysOf(issuer.key)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: own.subject,
    issuer: above.subject,
    notBefore: own.notBefore,
    notAfter: own.notAfter,
    signingAlgorithm: SIGNATURE[keyTypeOf(issuer.key)],
    publicKey,
    signingKey,
    extensions: [
      ...(await authorityExtensions(publicKey, 0, subject.permitted)),
      await x509.AuthorityKeyIdentifierExtension.create(above),
    ],
  })
  return pemText(certificate)
}

/** Creates an authority below another one, which may issue certificates for clients and servers alone. */
export async function makeIntermediate(issuer: Authority, validity: Validity): Promise<Authority> {
  const x509 = await library()
  const above = new x509.X509Certificate(issuer.cert)
  const keyType = keyTypeOf(issuer.key)
  const keys = await makeKeys(keyType)
  const { privateKey: signingKey } = await keysOf(issuer.key)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: ['Mock IoT Hub intermediate CA'] }],
    issuer: above.subject,
    ...dates(validity),
    signingAlgorithm: SIGNATURE[keyType],
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      ...(await authorityExtensions(keys.publicKey, 0, issuer.permitted)),
      await x509.AuthorityKeyIdentifierExtension.create(above),
    ],
  })
  return { key: await pemOf(keys.privateKey), cert: pemText(certificate), permitted: issuer.permitted }
}

async function authorityExtensions(
  publicKey: webcrypto.CryptoKey,
  pathLength: number,
  permitted: readonly string[] | undefined,
) {
  const x509 = await library()
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(
      x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
      true,
    ),
    // For TLS alone: not for code, mail or timestamps.
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    // RFC 5280 wants it critical, but mbedTLS refuses a certificate with a critical extension that it does not know.
    ...(permitted === undefined
      ? []
      : [new x509.Extension(NAME_CONSTRAINTS, false, nameConstraintsDer(permitted))]),
  ]
}

/** Issues a certificate with a new key of the authority's type. */
export async function issueCertificate(
  authority: Authority,
  request: CertificateRequest,
): Promise<KeyAndCertificate> {
  const x509 = await library()
  const issuer = new x509.X509Certificate(authority.cert)
  const keyType = keyTypeOf(authority.key)
  const keys = await makeKeys(keyType)
  const { privateKey: signingKey } = await keysOf(authority.key)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [request.commonName] }],
    issuer: issuer.subject,
    ...dates(request),
    signingAlgorithm: SIGNATURE[keyType],
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      ...(await leafExtensions(keys, keyType, request, authority.permitted)),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return { key: await pemOf(keys.privateKey), cert: pemText(certificate) }
}

/** Makes a certificate of no authority: it is signed with its own key. */
export async function makeSelfSigned(
  keyType: KeyType,
  request: CertificateRequest,
): Promise<KeyAndCertificate> {
  const x509 = await library()
  const keys = await makeKeys(keyType)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [request.commonName] }],
    ...dates(request),
    signingAlgorithm: SIGNATURE[keyType],
    keys,
    extensions: await leafExtensions(keys, keyType, request, undefined),
  })
  return { key: await pemOf(keys.privateKey), cert: pemText(certificate) }
}

export function keyTypeOf(pem: string): KeyType {
  return createPrivateKey(pem).asymmetricKeyType === 'rsa' ? 'rsa' : 'ec'
}

async function leafExtensions(
  { publicKey }: KeyPair,
  keyType: KeyType,
  { usage, names = [] }: CertificateRequest,
  permitted: readonly string[] | undefined,
) {
  const x509 = await library()
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    keyType === 'rsa'
      ? new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
          true,
        )
      : new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([usage === 'server' ? serverAuth : clientAuth]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ...(names.length === 0
      ? []
      : [
          new x509.SubjectAlternativeNameExtension(
            names.flatMap((name) => alternativeNames(name, permitted)),
          ),
        ]),
  ]
}

function alternativeNames(value: string, permitted: readonly string[] | undefined) {
  const dns = { type: 'dns' as const, value }
  if (isIP(value) === 0) return [dns]
  // mbedTLS before 3.5 compares no IP addresses: it looks for the text among the DNS names.
  const asText = isIPv4(value) && (permitted === undefined || permitsText(permitted, value))
  return [{ type: 'ip' as const, value }, ...(asText ? [dns] : [])]
}

/** Loaded when a certificate is made: a hub with stored certificates starts without it. */
function library() {
  return import('@peculiar/x509')
}

function makeKeys(keyType: KeyType): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(KEY[keyType], true, ['sign', 'verify'])
}

/** Both keys of a private key in PEM. */
async function keysOf(pem: string): Promise<KeyPair> {
  const algorithm = KEY[keyTypeOf(pem)]
  const pkcs8 = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' })
  const [privateKey, publicKey] = await Promise.all([
    webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']),
    webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
  ])
  return { privateKey, publicKey }
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()
}

function pemText(certificate: { toString(format: 'pem'): string }): string {
  return `${certificate.toString('pem')}\n`
}

/** Positive, at most 20 octets (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

function dates({ notBefore, notAfter }: Validity): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) }
}
