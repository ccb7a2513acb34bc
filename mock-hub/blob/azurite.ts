/** `--blob azurite`: starts Azurite as a child process and sends uploads to it. */

import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { AccountStorage } from './account-storage.ts'
import { makeTemporaryFolder } from './temporary-folders.ts'

export interface AzuriteOptions {
  readonly clock: Clock
  /** Host name that the certificate covers. */
  readonly hostName: string
  /** Default: 0, any free port. */
  readonly port?: number | undefined
  readonly containerName?: string | undefined
  /** Devices upload over TLS only, so Azurite uses the hub's certificate. PEM. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string }
}

export interface Azurite {
  readonly storage: AccountStorage
  /** Stops the child process and deletes its data. */
  stop(): Promise<void>
}

const ACCOUNT = 'mockiothub'
const LISTENING = /listen(?:s|ing) (?:at|on) https?:\/\/[^\s]*:(\d+)/i

/** @throws Error when Azurite is not installed, or exits before it listens. */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const program = programPath()
  const directory = await makeTemporaryFolder('azurite')
  const cert = join(directory, 'cert.pem')
  const key = join(directory, 'key.pem')
  await writeFile(cert, options.tls.cert)
  await writeFile(key, options.tls.key, { mode: 0o600 })
  const accountKey = randomBytes(64).toString('base64')
  const child = spawn(
    process.execPath,
    [
      program,
      ...['--blobHost', '127.0.0.1', '--blobPort', String(options.port ?? 0)],
      ...['--location', directory, '--cert', cert, '--key', key],
      ...['--skipApiVersionCheck', '--disableTelemetry'],
    ],
    {
      env: { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${accountKey}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
    }
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const port = await portOf(child)
    const storage = new AccountStorage({
      connectionString: `AccountName=${ACCOUNT};AccountKey=${accountKey};BlobEndpoint=https://${options.hostName}:${String(port)}/${ACCOUNT}`,
      containerName: options.containerName,
      clock: options.clock,
      ca: options.tls.ca,
    })
    await storage.createContainer()
    return { storage, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Azurite's blob-only program, from the packages of the working directory or from those of this package. */
function programPath(): string {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return join(dirname(createRequire(from).resolve('azurite/package.json')), 'dist/src/blob/main.js')
    } catch {
      // Not installed there: try the next place.
    }
  }
  throw new Error('--blob azurite: the package azurite is not installed (npm install azurite)')
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = ''
    const listen = (chunk: Buffer): void => {
      said += chunk.toString()
      const port = LISTENING.exec(said)?.[1]
      if (port !== undefined) resolve(Number(port))
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('error', reject)
    child.once('exit', (code) => {
      reject(new Error(`azurite ended with ${String(code)} before it listened: ${said.slice(-500)}`))
    })
  })
}
