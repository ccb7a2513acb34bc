/** What is to be on the disk before something else happens. */

import { closeSync, fdatasyncSync, fsyncSync, openSync } from 'node:fs'

/** The bytes of a file. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fdatasyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The names of the files in a folder. Windows cannot open a folder. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
