/**
 * Keeps the hub's certificates in a directory, so that clients need to trust the CA only once. A certificate that is
 * damaged, expires soon or lacks a name is made anew and logged. Several hubs may start at once: keys and certificates of
 * a chain are in one file, which is replaced as a whole, the first hub to create it wins, and a change is made below the
 * lock of the directory.
 */

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import type { Authority, KeyAndCertificate, KeyType } from './authority.ts'
import {
  authorityProblem,
  issueServer,
  joinedNames,
  makeServerCertificates,
  serverProblem,
  type ServerCertificates,
} from './server-certificates.ts'
import { putInPlace, putWhereNothingIs, textOf } from './whole-files.ts'

/** The CA certificates that clients must trust: the EC one, then the RSA one if there is one. */
export const CA_FILE = 'ca.pem'
/** Keys and certificates of an authority and its server, as JSON. */
export const STORE_FILE = 'certificates.json'
export const RSA_STORE_FILE = 'certificates-rsa.json'

export interface CertificateStoreOptions {
  readonly directory: string
  /** Names that the server certificate must have. */
  readonly names: readonly string[]
  /** The system's clock: TLS clients check validity by it. */
  readonly clock: Clock
  /** Called with what is made and why. */
  readonly say: (line: string) => void
}

/**
 * A chain of the directory; what is missing or invalid is made. Call it below the lock of the directory.
 * @throws the system's error when the directory cannot be read or written (`EACCES`, `EROFS`, `ENOTDIR`).
 */
export async function storedCertificates(
  options: CertificateStoreOptions,
  keyType: KeyType = 'ec',
): Promise<ServerCertificates> {
  await makeDirectory(options.directory)
  await makeMissing(options, keyType)
  return current(options, keyType)
}

/** Makes a chain unless there is one. It needs no lock: RSA keys take seconds. */
export async function makeMissing(options: CertificateStoreOptions, keyType: KeyType): Promise<void> {
  const { directory, names, clock, say } = options
  const path = pathOf(directory, keyType)
  if ((await textOf(path)) !== undefined) return
  const made = await makeServerCertificates(names, clock.now(), keyType)
  if (await putWhereNothingIs(path, JSON.stringify(made)))
    say(`made a ${keyType === 'ec' ? 'CA and a' : 'second, RSA CA and'} server certificate in ${directory}`)
}

/** A directory that the hub makes holds private keys: git leaves it out. */
export async function makeDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true })
  if (made !== undefined) await putInPlace(join(directory, '.gitignore'), '*\n', 0o644)
}

/** Whether the directory has an RSA chain. */
export async function hasRsaChain(directory: string): Promise<boolean> {
  return (await textOf(join(directory, RSA_STORE_FILE))) !== undefined
}

/** Writes `ca.pem` unless it is as it should be. */
export async function putAuthorities(directory: string, caPem: string): Promise<void> {
  const path = join(directory, CA_FILE)
  if ((await textOf(path)) !== caPem) await putInPlace(path, caPem, 0o644)
}

async function current(options: CertificateStoreOptions, keyType: KeyType): Promise<ServerCertificates> {
  const { directory, names, clock, say } = options
  const path = pathOf(directory, keyType)
  const now = clock.now()
  const found = parse(await readFile(path, 'utf8'))
  const kind = keyType === 'ec' ? 'CA' : 'RSA CA'
  const problem =
    found === undefined
      ? { text: 'the file is damaged', damaged: true }
      : authorityProblem(found.authority, names, now)
  if (found === undefined || problem !== undefined) {
    const previous = problem?.damaged === true ? undefined : found
    const made = await makeServerCertificates(names, now, keyType, previous)
    await putInPlace(path, JSON.stringify(made), 0o600)
    say(`made a new ${kind} in ${directory}, which clients must trust again: ${problem?.text ?? ''}`)
    return made
  }
  const serverIs = serverProblem(found, names, now)
  if (serverIs === undefined) return found
  const server = await issueServer(found.authority, joinedNames(found, names), now)
  const mended = { ...found, server }
  await putInPlace(path, JSON.stringify(mended), 0o600)
  say(`made a new ${keyType === 'ec' ? '' : 'RSA '}server certificate in ${directory}: ${serverIs}`)
  return mended
}

function pathOf(directory: string, keyType: KeyType): string {
  return join(directory, keyType === 'ec' ? STORE_FILE : RSA_STORE_FILE)
}

function parse(text: string): ServerCertificates | undefined {
  try {
    const found = JSON.parse(text) as Partial<Record<keyof ServerCertificates, Partial<Authority>>> | null
    const authority = pairOf(found?.authority)
    const server = pairOf(found?.server)
    if (authority === undefined || server === undefined) return undefined
    const permitted = found?.authority?.permitted
    return { authority: isTexts(permitted) ? { ...authority, permitted } : authority, server }
  } catch {
    return undefined
  }
}

function pairOf(pair: Partial<KeyAndCertificate> | undefined): KeyAndCertificate | undefined {
  const { key, cert } = pair ?? {}
  return typeof key === 'string' && typeof cert === 'string' ? { key, cert } : undefined
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
