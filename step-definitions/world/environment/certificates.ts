/** The client certificates of the suite: created once per process, in a directory that is removed at its end. */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
  /** The same certificate in DER. */
  readonly derFile: string
  /** SHA-1 in hexadecimal, as in the registry. */
  readonly thumbprint: string
  /** A certificate that the hub does not know. */
  readonly otherCertFile: string
  readonly otherKeyFile: string
  /** A leaf and its intermediate. */
  readonly chainFile: string
  /** The encrypted key of that leaf. */
  readonly encryptedKeyFile: string
  readonly passPhrase: string
  /** The root of that chain, in PEM. */
  readonly rootPem: string
}

/** In PEM. */
export interface KeyAndCertificate {
  readonly key: string
  readonly cert: string
}

/** Valid at any time of the scenario clocks. */
const VALIDITY = {
  notBeforeDate: new Date(Date.UTC(2020, 0, 1)),
  notAfterDate: new Date(Date.UTC(2100, 0, 1)),
}
const PASS_PHRASE = 'open sesame'

let created: Promise<CertificateFiles> | undefined

export function certificateFiles(): Promise<CertificateFiles> {
  created ??= create()
  return created
}

async function create(): Promise<CertificateFiles> {
  const directory = mkdtempSync(join(tmpdir(), 'conformance-'))
  process.once('exit', () => {
    rmSync(directory, { recursive: true, force: true })
  })
  const write = (name: string, content: string | Buffer): string => {
    const file = join(directory, name)
    writeFileSync(file, content, { mode: 0o600 })
    return file
  }
  const own = await certify('device-1')
  const other = await certify('device-1')
  const root = await certify('root', { isAuthority: true })
  const intermediate = await certify('intermediate', { isAuthority: true, issuer: root })
  const leaf = await certify('device-1', { issuer: intermediate })
  const { raw, fingerprint } = new X509Certificate(own.cert)
  return {
    certFile: write('device.pem', own.cert),
    keyFile: write('device.key', own.key),
    derFile: write('device.der', raw),
    thumbprint: fingerprint.replaceAll(':', ''),
    otherCertFile: write('other.pem', other.cert),
    otherKeyFile: write('other.key', other.key),
    chainFile: write('chain.pem', `${leaf.cert.trim()}\n${intermediate.cert}`),
    encryptedKeyFile: write('leaf.key', encrypt(leaf.key)),
    passPhrase: PASS_PHRASE,
    rootPem: root.cert,
  }
}

let authorities:
  | Promise<{ readonly known: KeyAndCertificate; readonly unknown: KeyAndCertificate }>
  | undefined

function authorityPair(): NonNullable<typeof authorities> {
  authorities ??= (async () => ({
    known: await certify('scenarios', { isAuthority: true }),
    unknown: await certify('scenarios', { isAuthority: true }),
  }))()
  return authorities
}

/** The root of {@link issueCertificate}, in PEM. */
export async function authorityPem(): Promise<string> {
  return (await authorityPair()).known.cert
}

/** A certificate and its key, in PEM. @param of of the authority of {@link authorityPem}, or of another one of its name. */
export async function issueCertificate(
  commonName: string,
  of: 'known' | 'unknown',
): Promise<{ readonly cert: string; readonly key: string }> {
  const issuer = (await authorityPair())[of]
  const leaf = await certify(commonName, { issuer })
  return { key: leaf.key, cert: `${leaf.cert.trim()}\n${issuer.cert}` }
}

export interface Certified {
  readonly isAuthority?: boolean
  /** Default: itself. */
  readonly issuer?: KeyAndCertificate | undefined
  /** It ended before any time of the scenario clocks. */
  readonly hasExpired?: boolean
}

/** Makes a certificate with a key of its own. */
export async function certify(
  commonName: string,
  { isAuthority = false, issuer, hasExpired = false }: Certified = {},
): Promise<KeyAndCertificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    ...VALIDITY,
    ...(hasExpired ? { notAfterDate: new Date(Date.UTC(2021, 0, 1)) } : {}),
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: isAuthority, critical: true },
      isAuthority
        ? { name: 'keyUsage', keyCertSign: true, critical: true }
        : { name: 'keyUsage', digitalSignature: true, critical: true },
    ],
    ...(issuer === undefined ? {} : { ca: issuer }),
  })
  return { key, cert }
}

function encrypt(key: string): string {
  return createPrivateKey(key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASS_PHRASE })
    .toString()
}
