/** `data check`: reads all of a data directory and says what is in it. */

import { existsSync } from 'node:fs'
import { StoreError } from '../../core/contract/store/state-store.ts'
import type { DataDirectory } from '../data-directory.ts'
import { LevelStore } from '../level-store.ts'
import { foldersSetAside } from '../set-aside.ts'
import { countByKind, type DataReport } from './report.ts'

/** Leaves the journal as it is. @throws StoreError for a directory that a hub would refuse, or that keeps nothing. */
export async function checkData(directory: DataDirectory, say: (line: string) => void): Promise<DataReport> {
  requireData(directory)
  const store = new LevelStore({ directory, say, looks: true })
  const kinds: string[] = []
  try {
    const { number, now } = await store.open(({ kind }) => kinds.push(kind))
    for (const folder of foldersSetAside(directory))
      say(`${folder} has what an earlier start could not use: delete it when nobody misses it`)
    return { group: number, now, documents: countByKind(kinds) }
  } finally {
    await store.close()
  }
}

/** @throws StoreError for a directory without state: a tool must not make one by looking. */
export function requireData({ path, state, note }: DataDirectory): void {
  if (existsSync(state) || existsSync(note)) return
  throw new StoreError('StoreFailed', `${path} keeps no state of a hub`)
}
