/** A directory that keeps the state of one hub. It is as secret as the keys in it. */

import { chmod, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

export interface DataDirectory {
  readonly path: string
  /** The database. */
  readonly state: string
  /** The groups that the database does not have yet. */
  readonly journal: string
  /** Groups that a start could not use. */
  readonly setAside: string
  /** Says which group was acknowledged last. */
  readonly note: string
  readonly blobs: string
  readonly certificates: string
}

export function dataDirectory(path: string): DataDirectory {
  const root = resolve(path)
  return {
    path: root,
    state: join(root, 'state'),
    journal: join(root, 'journal'),
    setAside: join(root, 'set-aside'),
    note: join(root, 'acknowledged'),
    blobs: join(root, 'blobs'),
    certificates: join(root, 'certificates'),
  }
}

/** Makes it, for nobody but its owner. @throws the system's error. */
export async function makeDataDirectory({ path }: DataDirectory): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 })
  if (made !== undefined) await chmod(path, 0o700)
}

/**
 * Makes the folder of the database, for nobody but its owner: LevelDB makes files that everybody may read, and a data directory
 * that was there before keeps its rights. @throws the system's error.
 */
export async function makeStateFolder({ state }: DataDirectory): Promise<void> {
  await mkdir(state, { recursive: true })
  await chmod(state, 0o700)
}
