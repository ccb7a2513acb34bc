/**
 * What a start cannot use of the journal but does not refuse is moved out of the way, into `set-aside/` of the data directory:
 * a start deletes nothing that was a group.
 */

import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { DataDirectory } from './data-directory.ts'
import { syncFile, syncFolder } from './disk.ts'
import { cutAt, segmentsIn, type JournalBreak } from './journal-reader.ts'

/** One for each time that something was set aside. */
export function foldersSetAside({ setAside }: Pick<DataDirectory, 'setAside'>): readonly string[] {
  return existsSync(setAside)
    ? readdirSync(setAside)
        .sort()
        .map((name) => join(setAside, name))
    : []
}

/**
 * The journal ends at the break: the file with the break is copied before it is cut, those behind it are moved. A crash on the
 * way leaves each group in the journal or in a folder here; then the next start does the rest.
 * @returns the folder.
 */
export function setAsideAfter(directory: DataDirectory, stop: JournalBreak): string {
  const folder = newFolder(directory.setAside, `group-${String(stop.number)}`)
  const segments = segmentsIn(directory.journal)
  const index = segments.findIndex(({ path }) => path === stop.path)
  const copy = join(folder, basename(stop.path))
  copyFileSync(stop.path, copy)
  syncFile(copy)
  // The newest first: what stays has no gap.
  for (const { path } of segments.slice(index + 1).reverse()) renameSync(path, join(folder, basename(path)))
  syncFolder(folder)
  syncFolder(directory.setAside)
  syncFolder(directory.journal)
  cutAt(stop)
  return folder
}

function newFolder(parent: string, name: string): string {
  mkdirSync(parent, { recursive: true, mode: 0o700 })
  for (let time = 1; ; time++) {
    const path = join(parent, time === 1 ? name : `${name}-${String(time)}`)
    if (existsSync(path)) continue
    mkdirSync(path, { mode: 0o700 })
    return path
  }
}
