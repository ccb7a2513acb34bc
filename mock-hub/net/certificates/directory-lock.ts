/**
 * One hub at a time reads and changes the certificates of a directory: each adds its names to those of the others. The
 * lock is a file, since there is no lock of the system that Node and every platform have.
 */

import { randomUUID } from 'node:crypto'
import { rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { HubClock, pause } from '../../base/clock.ts'
import { putWhereNothingIs, textOf } from './whole-files.ts'

const LOCK_FILE = 'certificates.lock'
const POLL_MS = 10
/** A hub holds the lock for some milliseconds. */
const LONGEST_HOLD_MS = 30_000
/** The directory cannot be written: nothing in it can change. */
const READ_ONLY = new Set(['EACCES', 'EPERM', 'EROFS'])

/**
 * Runs `work` while no other hub, here or in another process, does so for the same directory.
 * @throws what `work` throws; the system's error when the directory cannot be used.
 */
export async function withDirectoryLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const path = join(directory, LOCK_FILE)
  const held = await acquire(path)
  try {
    return await work()
  } finally {
    if (held) await rm(path, { force: true })
  }
}

/** @returns false: the directory can only be read. */
async function acquire(path: string): Promise<boolean> {
  const owner = `${hostname()} ${String(process.pid)}`
  for (;;) {
    try {
      if (await putWhereNothingIs(path, owner)) return true
    } catch (error) {
      if (READ_ONLY.has((error as NodeJS.ErrnoException).code ?? '')) return false
      throw error
    }
    if (!(await removeIfLeftBehind(path))) await pause(POLL_MS)
  }
}

/** Removes the lock of a process that has ended. @returns whether it was removed. */
async function removeIfLeftBehind(path: string): Promise<boolean> {
  const owner = await textOf(path)
  if (owner === undefined) return true
  if (!(await isLeftBehind(path, owner))) return false
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch {
    return true // another hub has removed it
  }
  const removed = await textOf(aside)
  // Another hub was faster and holds the lock: it gets it back.
  if (removed !== undefined && removed !== owner) await putWhereNothingIs(path, removed)
  await rm(aside, { force: true })
  return true
}

async function isLeftBehind(path: string, owner: string): Promise<boolean> {
  const [host, pid] = owner.split(' ')
  if (host === hostname() && pid !== undefined) return !isAlive(Number(pid))
  try {
    return new HubClock().now() - (await stat(path)).mtimeMs > LONGEST_HOLD_MS
  } catch {
    return false // it is gone
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
