/**
 * The number of the last group that was acknowledged, in a file of its own: LevelDB drops what it cannot read at the end of
 * its log, and would begin without the newest groups and without a word.
 */

import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

/** `disk`: a group is on the disk. `process`: it is with the system, and survives the end of the process alone. */
export type Durability = 'disk' | 'process'

export interface Acknowledged {
  readonly number: number
  /** How the group was stored. */
  readonly durability: Durability
}

const DIGITS = 16
const FORM = /^(\d{16} (?:disk {3}|process)) ([0-9a-f]{8})\n$/

function textOf({ number, durability }: Acknowledged): string {
  return `${String(number).padStart(DIGITS, '0')} ${durability.padEnd(7)}`
}

function lineOf(acknowledged: Acknowledged): string {
  const text = textOf(acknowledged)
  return `${text} ${sumOf(text)}\n`
}

function sumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}

/** @returns undefined: there is no such file. @throws RangeError when it says nothing that can be read. */
export function readAcknowledged(path: string): Acknowledged | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const [, line = '', sum] = FORM.exec(text) ?? []
  if (sum === undefined || sumOf(line) !== sum) throw new RangeError(`${path} cannot be read`)
  return {
    number: Number(line.slice(0, DIGITS)),
    durability: line.slice(DIGITS + 1).trim() as Durability, // one of the two, by its form
  }
}

/** Writes it in place: all texts have one length, and a page is written as a whole. */
export class AcknowledgedFile {
  readonly #file: number

  /** @param first what a new file says: a process that is killed now leaves none that says nothing. */
  constructor(path: string, first: Acknowledged) {
    if (!existsSync(path)) {
      const made = `${path}.new`
      writeFileSync(made, lineOf(first), { mode: 0o600 })
      renameSync(made, path)
    }
    this.#file = openSync(path, 'r+')
  }

  write(acknowledged: Acknowledged): void {
    writeSync(this.#file, lineOf(acknowledged), 0)
  }

  close(): void {
    closeSync(this.#file)
  }
}
