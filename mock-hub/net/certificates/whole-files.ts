/** Files that are written as a whole: a reader sees the old text or the new one, and the first of several writers wins. */

import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'

/** @returns undefined: there is no such file. @throws the system's error when it cannot be read. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isError(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Creates or replaces a file. */
export async function putInPlace(path: string, text: string, mode: number): Promise<void> {
  const whole = `${path}.${randomUUID()}`
  await writeFile(whole, text, { mode })
  await rename(whole, path)
}

/** Creates a file that only its owner may read. @returns false: it exists already. */
export async function putWhereNothingIs(path: string, text: string): Promise<boolean> {
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
