/** Names of documents in the database, and the checksum that each value carries. */

import { crc32 } from 'node:zlib'
import { STATE_KINDS, type StateKind } from '../core/contract/store/commits.ts'

const SUM_BYTES = 4
const KINDS: ReadonlyMap<string, StateKind> = new Map(STATE_KINDS.map((kind) => [kind, kind]))

/** The value with the checksum of name and value before it. */
export function summed(name: string, value: Buffer): Buffer {
  const stored = Buffer.allocUnsafe(SUM_BYTES + value.length)
  stored.writeUInt32BE(crc32(value, crc32(name)))
  value.copy(stored, SUM_BYTES)
  return stored
}

/** The checksum that a stored value carries. */
export function sumOf(stored: Buffer): number {
  return stored.readUInt32BE(0)
}

/** @returns undefined: what is stored is not what was stored. */
export function checkedValue(name: string, stored: Buffer): Buffer | undefined {
  if (stored.length < SUM_BYTES) return undefined
  const value = stored.subarray(SUM_BYTES)
  return sumOf(stored) === crc32(value, crc32(name)) ? value : undefined
}

/** @returns undefined: no kind that this version knows. */
export function kindOf(name: string): StateKind | undefined {
  return KINDS.get(name.slice(0, name.indexOf('/')))
}
