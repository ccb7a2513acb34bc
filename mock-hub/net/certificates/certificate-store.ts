/**
 * Keeps the hub's certificates in a directory, so that clients need to trust the CA only once. A certificate that is
 * damaged, expires soon or lacks a name is made anew and logged. Several hubs may start at once: all keys and
 * certificates are in one file, which is replaced as a whole, and the first hub to create it wins.
 */

import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import type { KeyAndCertificate } from './authority.ts'
import {
  authorityProblem,
  issueServer,
  joinedNames,
  makeServerCertificates,
  serverProblem,
  type ServerCertificates,
} from './server-certificates.ts'

/** The CA certificate that clients must trust. */
export const CA_FILE = 'ca.pem'
/** Keys and certificates of the authority and the server, as JSON. */
export const STORE_FILE = 'certificates.json'

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
 * The certificates of the directory; missing and invalid ones are made.
 * @throws the system's error when the directory cannot be read or written (`EACCES`, `EROFS`, `ENOTDIR`).
 */
export async function storedCertificates(options: CertificateStoreOptions): Promise<ServerCertificates> {
  const { directory } = options
  await mkdir(directory, { recursive: true })
  const certificates = await current(options)
  const caPath = join(directory, CA_FILE)
  if ((await textOf(caPath)) !== certificates.authority.cert)
    await putInPlace(caPath, certificates.authority.cert, 0o644)
  return certificates
}

async function current(options: CertificateStoreOptions): Promise<ServerCertificates> {
  const { directory, names, clock, say } = options
  const path = join(directory, STORE_FILE)
  const now = clock.now()
  const text = await textOf(path)
  if (text === undefined) {
    const made = await makeServerCertificates(names, now)
    if (!(await putWhereNothingIs(path, JSON.stringify(made)))) return current(options)
    say(`made a CA and a server certificate in ${directory}`)
    return made
  }
  const found = parse(text)
  const problem = found === undefined ? 'the file is damaged' : authorityProblem(found.authority, now)
  if (found === undefined || problem !== undefined) {
    const made = await makeServerCertificates(names, now)
    await putInPlace(path, JSON.stringify(made), 0o600)
    say(`made a new CA in ${directory}, which clients must trust anew: ${problem ?? ''}`)
    return made
  }
  const serverIs = serverProblem(found, names, now)
  if (serverIs === undefined) return found
  const server = await issueServer(found.authority, joinedNames(found, names), now)
  const mended = { ...found, server }
  await putInPlace(path, JSON.stringify(mended), 0o600)
  say(`made a new server certificate in ${directory}: ${serverIs}`)
  return mended
}

function parse(text: string): ServerCertificates | undefined {
  try {
    const found = JSON.parse(text) as Partial<
      Record<keyof ServerCertificates, Partial<KeyAndCertificate>>
    > | null
    const authority = pairOf(found?.authority)
    const server = pairOf(found?.server)
    return authority === undefined || server === undefined ? undefined : { authority, server }
  } catch {
    return undefined
  }
}

function pairOf(pair: Partial<KeyAndCertificate> | undefined): KeyAndCertificate | undefined {
  const { key, cert } = pair ?? {}
  return typeof key === 'string' && typeof cert === 'string' ? { key, cert } : undefined
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isError(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Replaces a file as a whole: a reader sees the old text or the new one. */
async function putInPlace(path: string, text: string, mode: number): Promise<void> {
  const whole = `${path}.${randomUUID()}`
  await writeFile(whole, text, { mode })
  await rename(whole, path)
}

/** Creates a file as a whole. @returns false: it exists already. */
async function putWhereNothingIs(path: string, text: string): Promise<boolean> {
  const whole = `${path}.${randomUUID()}`
  await writeFile(whole, text, { mode: 0o600 })
  try {
    await link(whole, path)
    return true
  } catch (error) {
    if (isError(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(whole, { force: true })
  }
}

function isError(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}
