/** Small things that the parts of the good device share. */

import { randomBytes } from 'node:crypto'

/** @returns null for no text, undefined for what is not JSON. */
export function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Numbers from 0 to 1 that nobody can foresee. */
export function anyNumber(): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32
}
