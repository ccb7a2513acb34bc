/**
 * The certificates of one hub, from a directory or made once per process, and the wrong ones of `tls.*` faults. The hub
 * has an EC chain, which costs half the CPU of a handshake, and beside it an RSA one for clients without ECDSA.
 */

import { join } from 'node:path'
import {
  CA_FILE,
  hasRsaChain,
  makeDirectory,
  makeMissing,
  putAuthorities,
  storedCertificates,
  type CertificateStoreOptions,
} from './certificates/certificate-store.ts'
import { withDirectoryLock } from './certificates/directory-lock.ts'
import { issueCertificate, type KeyAndCertificate, type KeyType } from './certificates/authority.ts'
import { crossCertificateOf } from './certificates/cross-certificate.ts'
import {
  type CertificateVariant,
  DAY_MS,
  makeEdgeAuthority,
  makeServerCertificates,
  makeVariant,
  type ServerCertificates,
  serverNames,
} from './certificates/server-certificates.ts'
import { HubClock } from '../base/clock.ts'
import type { IssueCertificate } from './certificates/issue-certificate.ts'
import { trustBundle } from './certificates/trust-bundle.ts'
import { putInPlace, textOf } from './certificates/whole-files.ts'
import type { ServerCredentials } from './tls-faults.ts'

/** The roots of the system and those of the hub. */
export const BUNDLE_FILE = 'ca-bundle.pem'

export interface HubTlsOptions {
  readonly hostNames: readonly string[]
  /** Undefined: the certificates live as long as the process. */
  readonly directory: string | undefined
  /** `false`: no RSA chain, unless the directory has one. `'background'`: {@link HubTls.addRsa} makes it. */
  readonly rsa: boolean | 'background'
  readonly say: (line: string) => void
}

export interface HubTls {
  /** The EC authority. */
  readonly authority: KeyAndCertificate
  /** The EC server certificate. */
  readonly server: KeyAndCertificate
  /** What every listener presents: a certificate of each chain without its root; after the RSA one that of its root below the EC root. */
  readonly credentials: ServerCredentials
  /** The roots that clients must trust. */
  readonly caPem: string
  /** The names in the server certificates. */
  readonly names: readonly string[]
  /** File of the roots; undefined: they are not on disk. */
  readonly caPath: string | undefined
  /** File of the system's roots and the hub's; undefined: it is not on disk. */
  readonly caBundlePath: string | undefined
  /** Other credentials, for faults; `other_root` are those of the RSA chain alone. */
  variant(variant: CertificateVariant | 'other_root'): Promise<ServerCredentials>
  readonly issue: IssueCertificate
  /** The roots that modules of IoT Edge must trust, in PEM: those of the hub and the one of `issue`. */
  edgeTrustBundle(): Promise<string>
  /**
   * Makes the RSA chain in the background, when the options say so and there is none.
   * @param renew receives the new credentials.
   * @returns a function to stop with: it waits until nothing is written any longer, and `renew` is not called again.
   */
  addRsa(renew: (credentials: ServerCredentials) => void): () => Promise<void>
}

/** TLS clients check validity by the system's clock. */
const system = new HubClock()
const madeInProcess = new Map<string, Promise<ServerCertificates>>()

/** @throws the system's error when the directory cannot be read or written. */
export async function hubTls({ hostNames, directory, rsa, say }: HubTlsOptions): Promise<HubTls> {
  const names = serverNames(hostNames)
  const store = directory === undefined ? undefined : { directory, names, clock: system, say }
  const make = (keyType: KeyType): Promise<ServerCertificates> =>
    store === undefined ? inProcess(names, keyType) : storedCertificates(store, keyType)
  /** The chains, the RSA one below the EC root as well, and the files of their roots. */
  const load = async (withRsa: boolean): Promise<Loaded> => {
    const ec = await make('ec')
    const chains: [ServerCertificates, ...ServerCertificates[]] = [ec]
    if (withRsa || (directory !== undefined && (await hasRsaChain(directory)))) {
      const made = await make('rsa')
      chains.push({ ...made, cross: await crossCertificateOf(directory, made.authority, ec.authority) })
    }
    return { chains, bundlePath: store === undefined ? undefined : await putRoots(store, pemOf(chains)) }
  }
  const loadAlone = async (withRsa: boolean): Promise<Loaded> => {
    if (store === undefined) return load(withRsa)
    await makeDirectory(store.directory)
    if (withRsa) await makeMissing(store, 'rsa')
    return withDirectoryLock(store.directory, () => load(withRsa))
  }
  const first = await loadAlone(rsa === true)
  let { chains } = first
  const variants = new Map<string, Promise<KeyAndCertificate>>()
  const [{ authority, server }] = chains
  let edgeAuthority: Promise<KeyAndCertificate> | undefined
  const edge = (): Promise<KeyAndCertificate> => (edgeAuthority ??= makeEdgeAuthority(system.now()))
  return {
    authority,
    server,
    names,
    get credentials() {
      return credentialsOf(chains.map(serverOf))
    },
    get caPem() {
      return pemOf(chains)
    },
    caPath: directory === undefined ? undefined : join(directory, CA_FILE),
    caBundlePath: first.bundlePath,
    async variant(variant) {
      if (variant === 'other_root') return credentialsOf(chains.slice(-1).map(({ server }) => server))
      const made = chains.map((chain, at) => {
        const key = `${String(at)} ${variant}`
        const one = variants.get(key) ?? makeVariant(variant, chain, names, system.now())
        variants.set(key, one)
        return one
      })
      return credentialsOf(await Promise.all(made))
    },
    async issue({ usage, commonName, names, expiresAt }) {
      const issuer = await edge()
      const request = { usage, commonName, names, notBefore: system.now() - DAY_MS, notAfter: expiresAt }
      const { key, cert } = await issueCertificate(issuer, request)
      return { certificate: `${cert}${issuer.cert}`, privateKey: key }
    },
    edgeTrustBundle: async () => `${pemOf(chains)}${(await edge()).cert}`,
    addRsa(renew) {
      let wanted = true
      const add = async (): Promise<void> => {
        // Another hub may have added its names to the CA of the directory in the meantime.
        ;({ chains } = await loadAlone(true))
        if (wanted) renew(credentialsOf(chains.map(serverOf)))
      }
      const added = rsa === 'background' && chains.length === 1 ? add() : Promise.resolve()
      const done = added.catch((error: unknown) => {
        say(`no RSA certificate: ${error instanceof Error ? error.message : String(error)}`)
      })
      return () => {
        wanted = false
        return done
      }
    },
  }
}

interface Loaded {
  /** EC, then RSA if there is one. */
  readonly chains: readonly [ServerCertificates, ...ServerCertificates[]]
  readonly bundlePath: string | undefined
}

function pemOf(chains: readonly ServerCertificates[]): string {
  return chains.map(({ authority }) => `${authority.cert.trimEnd()}\n`).join('')
}

/** @returns the file of the bundle; undefined: a directory that cannot be written has none. */
async function putRoots(
  { directory, say }: CertificateStoreOptions,
  caPem: string,
): Promise<string | undefined> {
  await putAuthorities(directory, caPem)
  const path = join(directory, BUNDLE_FILE)
  let before: string | undefined
  try {
    before = await textOf(path)
    const bundle = await trustBundle(caPem, process.env)
    if (before !== bundle) await putInPlace(path, bundle, 0o644)
    return path
  } catch (error) {
    // A directory with certificates may be mounted for reading; the roots of the system change now and then.
    say(`${path} cannot be brought up to date: ${error instanceof Error ? error.message : String(error)}`)
    return before?.includes(caPem) === true ? path : undefined
  }
}

function inProcess(names: readonly string[], keyType: KeyType): Promise<ServerCertificates> {
  const key = `${keyType} ${names.join(' ')}`
  const made = madeInProcess.get(key) ?? makeServerCertificates(names, system.now(), keyType)
  madeInProcess.set(key, made)
  return made
}

function serverOf({ server: { key, cert }, cross = '' }: ServerCertificates): KeyAndCertificate {
  return { key, cert: `${cert}${cross}` }
}

function credentialsOf(pairs: readonly KeyAndCertificate[]): ServerCredentials {
  return { key: pairs.map(({ key }) => key), cert: pairs.map(({ cert }) => cert) }
}
