/** A group as bytes: length, checksum, number, time, documents. A record that is whole is told from one that is not. */

import { crc32 } from 'node:zlib'
import type { Group, StoredDocument } from '../core/contract/store/state-store.ts'
import { kindOf } from './document-names.ts'

/** Length and checksum of what follows. */
const FRAME_BYTES = 8
/** Number and time as doubles, and how many documents there are. */
const HEAD_BYTES = 20
/** Lengths of name and value. */
const DOCUMENT_BYTES = 8
/** Of UTF-8, for a unit of a string. */
const MOST_BYTES_A_UNIT = 3
/** Stands for the length of a value that is gone. */
const GONE = 0xffffffff

/** A document by its name in the database: its kind, a slash, its key. */
export interface NamedDocument {
  readonly name: string
  /** Undefined: it is gone. */
  readonly value: Buffer | undefined
}

/** What a record says. */
export interface GroupRecord {
  readonly number: number
  /** The hub's clock, epoch ms. */
  readonly now: number
  readonly documents: readonly NamedDocument[]
  /** Where the next record begins. */
  readonly end: number
}

export function namedDocuments(documents: readonly StoredDocument[]): readonly NamedDocument[] {
  return documents.map(({ kind, key, value }) => ({ name: `${kind}/${key}`, value }))
}

/** @returns undefined: this version does not know its kind. */
export function storedDocument({ name, value }: NamedDocument): StoredDocument | undefined {
  const kind = kindOf(name)
  return kind && { kind, key: name.slice(kind.length + 1), value }
}

/** A record is built here and written at once; a large one does not stay. */
let scratch = Buffer.alloc(2 ** 16)
const LARGEST_SCRATCH = 2 ** 20

/** @returns bytes that the next call overwrites. */
export function groupRecord(
  { number, now }: Pick<Group, 'number' | 'now'>,
  documents: readonly NamedDocument[],
): Buffer {
  const most = documents.reduce(
    (bytes, { name, value }) =>
      bytes + DOCUMENT_BYTES + MOST_BYTES_A_UNIT * name.length + (value?.length ?? 0),
    FRAME_BYTES + HEAD_BYTES,
  )
  const bytes = roomFor(most)
  let at = bytes.writeDoubleBE(number, FRAME_BYTES)
  at = bytes.writeDoubleBE(now, at)
  at = bytes.writeUInt32BE(documents.length, at)
  for (const { name, value } of documents) {
    const nameBytes = bytes.write(name, at + DOCUMENT_BYTES)
    at = bytes.writeUInt32BE(nameBytes, at)
    at = bytes.writeUInt32BE(value?.length ?? GONE, at) + nameBytes
    if (value === undefined) continue
    bytes.set(value, at)
    at += value.length
  }
  const record = bytes.subarray(0, at)
  record.writeUInt32BE(at - FRAME_BYTES, 0)
  record.writeUInt32BE(crc32(record.subarray(FRAME_BYTES)), 4)
  return record
}

function roomFor(bytes: number): Buffer {
  if (bytes > LARGEST_SCRATCH) return Buffer.allocUnsafe(bytes)
  if (bytes > scratch.length) scratch = Buffer.alloc(Math.min(2 * bytes, LARGEST_SCRATCH))
  return scratch
}

/** @returns undefined: no whole record begins there. */
export function readGroupRecord(bytes: Buffer, from: number): GroupRecord | undefined {
  if (bytes.length - from < FRAME_BYTES + HEAD_BYTES) return undefined
  const length = bytes.readUInt32BE(from)
  const begin = from + FRAME_BYTES
  const end = begin + length
  if (length < HEAD_BYTES || end > bytes.length) return undefined
  if (crc32(bytes.subarray(begin, end)) !== bytes.readUInt32BE(from + 4)) return undefined
  const number = bytes.readDoubleBE(begin)
  const now = bytes.readDoubleBE(begin + 8)
  const count = bytes.readUInt32BE(begin + 16)
  const documents: NamedDocument[] = []
  let at = begin + HEAD_BYTES
  for (let index = 0; index < count; index++) {
    const nameEnd = at + DOCUMENT_BYTES + bytes.readUInt32BE(at)
    const valueBytes = bytes.readUInt32BE(at + 4)
    const name = bytes.toString('utf8', at + DOCUMENT_BYTES, nameEnd)
    at = valueBytes === GONE ? nameEnd : nameEnd + valueBytes
    documents.push({ name, value: valueBytes === GONE ? undefined : bytes.subarray(nameEnd, at) })
  }
  return { number, now, documents, end }
}

/** A whole record of a group from this number on, at or after a place: what lies before it was not the end. */
export function laterRecord(bytes: Buffer, from: number, number: number): GroupRecord | undefined {
  for (let at = from; at + FRAME_BYTES + HEAD_BYTES <= bytes.length; at++) {
    const length = bytes.readUInt32BE(at)
    if (length < HEAD_BYTES || at + FRAME_BYTES + length > bytes.length) continue
    const found = bytes.readDoubleBE(at + FRAME_BYTES)
    // Most bytes are told from a record by this alone, without a checksum.
    if (!Number.isSafeInteger(found) || found < number || found > number + bytes.length) continue
    const record = readGroupRecord(bytes, at)
    if (record !== undefined) return record
  }
  return undefined
}
