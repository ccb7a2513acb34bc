/** Reads a file that a flag names. */

import { readFileSync } from 'node:fs'
import { UsageError } from './usage-error.ts'

/** @throws UsageError with the flag and the system's reason. */
export function fileText(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${flag}: ${file} cannot be read: ${error instanceof Error ? error.message : ''}`)
  }
}
