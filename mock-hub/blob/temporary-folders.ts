/** Folders for uploads in the folder for temporary files. Their names say whose they are: a killed hub cannot delete its own. */

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

const NAME = /^mock-iot-hub-(?:blobs|azurite)-(.*)-(\d+)-[^-]+$/

/** Makes a folder of this process. */
export function makeTemporaryFolder(kind: 'blobs' | 'azurite'): Promise<string> {
  return mkdtemp(join(tmpdir(), `mock-iot-hub-${kind}-${hostname()}-${String(process.pid)}-`))
}

/** Deletes the folders of processes of this machine that are gone; those that cannot be deleted stay. */
export async function removeAbandonedFolders(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  const abandoned = names.filter((name) => {
    const [, machine, pid] = NAME.exec(name) ?? []
    // Containers that share a folder have names of their own, and process ids that mean nothing to each other.
    return machine === hostname() && !isAlive(Number(pid))
  })
  await Promise.all(
    abandoned.map((name) =>
      rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined),
    ),
  )
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
