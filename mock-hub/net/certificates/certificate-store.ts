/**
 * Keeps the hub's certificates in a directory, so that clients that trust the CA once trust it at every later start.
 * What is damaged, expires or lacks a name is remade, with a line that says so. Several hubs may start at once: all
 * keys and certificates lie in one file, which is put in place whole, and the first one to put it there wins.
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

/** What clients must trust. */
export const CA_FILE = 'ca.pem'
/** Keys and certificates of the authority and the server, as JSON. */
export const STORE_FILE = 'certificates.json'

export interface CertificateStoreOptions {
  readonly directory: string
  /** What the server certificate must name. */
  readonly names: readonly string[]
  /** The system's time: the other side of TLS knows no other. */
  readonly clock: Clock
  /** Told what is made and why. */
  readonly say: (line: string) => void
}

/**
 * The certificates of the directory, made or mended when they must be.
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

/** Whoever reads meanwhile sees the old text or the new one, never half of it. */
async function putInPlace(path: string, text: string, mode: number): Promise<void> {
  const whole = `${path}.${randomUUID()}`
  await writeFile(whole, text, { mode })
  await rename(whole, path)
}

/** @returns false: another one was quicker. */
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
