/** `--fresh`: forgets what a directory keeps but for the certificates: who trusted the hub still does. */

import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { StoreError } from '../core/contract/store/state-store.ts'
import { AcknowledgedFile } from './acknowledged.ts'
import type { DataDirectory } from './data-directory.ts'
import { LevelDatabase } from './level-database.ts'

/**
 * Nobody else can begin in between: as long as there is a database, it is locked; then there is a note without a database, which
 * every start refuses, and which goes last. So does a process that is killed on the way leave nothing that looks like a state.
 * @throws StoreError when another hub uses the directory, or when it cannot be read.
 */
export async function deleteState(directory: DataDirectory): Promise<void> {
  const { path, state, journal, setAside, blobs, note } = directory
  if (existsSync(state)) {
    const database = new LevelDatabase(path, state)
    try {
      await lock(database)
      if (!existsSync(note)) new AcknowledgedFile(note, { number: 0, durability: 'disk' }).close()
      // Windows moves no folder with open files.
      if (process.platform === 'win32') await database.close()
      await rm(goneOf(directory), { recursive: true, force: true })
      await rename(state, goneOf(directory))
    } finally {
      await database.close()
    }
  }
  for (const part of [goneOf(directory), journal, setAside, blobs, note])
    await rm(part, { recursive: true, force: true })
}

/** What is damaged may be deleted as well. */
async function lock(database: LevelDatabase): Promise<void> {
  try {
    await database.open()
  } catch (error) {
    if (error instanceof StoreError && ['StoreLocked', 'StoreFailed'].includes(error.problem)) throw error
  }
}

/** The database on its way out. */
function goneOf({ state }: DataDirectory): string {
  return `${state}.gone`
}
