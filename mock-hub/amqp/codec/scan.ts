/**
 * Checks an encoded value before it is decoded: sizes are within bounds, counts fit the bytes, types are known, text is
 * UTF-8. The decoder then neither reads beyond the buffer nor makes a billion nulls.
 */

import { isUtf8 } from 'node:buffer'
import { malformed } from './malformed.ts'

const DESCRIBED = 0x00
const BOOLEAN = 0x56
const MAP = 0x01
/** Deepest nesting; clients need less. */
const DEEPEST = 24
/** Most elements of an array whose elements take no bytes. */
const MOST_EMPTY_ELEMENTS = 256

const FIXED: ReadonlyMap<number, number> = new Map([
  ...[0x40, 0x41, 0x42, 0x43, 0x44, 0x45].map((code) => [code, 0] as const),
  ...[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, BOOLEAN].map((code) => [code, 1] as const),
  ...[0x60, 0x61].map((code) => [code, 2] as const),
  ...[0x70, 0x71, 0x72, 0x73, 0x74].map((code) => [code, 4] as const),
  ...[0x80, 0x81, 0x82, 0x83, 0x84].map((code) => [code, 8] as const),
  ...[0x94, 0x98].map((code) => [code, 16] as const),
])
const TEXT: ReadonlySet<number> = new Set([0xa1, 0xb1, 0xa3, 0xb3])
const VARIABLE: ReadonlySet<number> = new Set([0xa0, 0xb0, ...TEXT])
const COMPOUND: ReadonlySet<number> = new Set([0xc0, 0xd0, 0xc1, 0xd1])
const ARRAY: ReadonlySet<number> = new Set([0xe0, 0xf0])

/**
 * @returns where the value that begins at `at` ends.
 * @throws AmqpViolation
 */
export function scanValue(bytes: Buffer, at: number, end: number, depth = 0): number {
  if (depth > DEEPEST) throw malformed(`values nested at most ${DEEPEST} deep`, 'deeper ones')
  const code = byteAt(bytes, at, end)
  if (code === DESCRIBED) {
    const descriptorEnd = scanValue(bytes, at + 1, end, depth + 1)
    // A descriptor of a described value is allowed; no client sends one.
    return scanValue(bytes, descriptorEnd, end, depth + 1)
  }
  return scanContent(bytes, code, at + 1, end, depth)
}

/** Scans what follows the type code. */
function scanContent(bytes: Buffer, code: number, at: number, end: number, depth: number): number {
  const width = FIXED.get(code)
  if (width !== undefined) return within(at + width, end)
  const long = (code & 0x10) !== 0
  if (VARIABLE.has(code)) {
    const start = at + (long ? 4 : 1)
    const stop = within(start + sizeAt(bytes, at, end, long), end)
    if (TEXT.has(code) && !isUtf8(bytes.subarray(start, stop)))
      throw malformed('a text in UTF-8', 'other bytes')
    return stop
  }
  if (COMPOUND.has(code)) return scanCompound(bytes, code, at, end, depth)
  if (ARRAY.has(code)) return scanArray(bytes, at, end, long, depth)
  throw malformed('the code of a type', `0x${code.toString(16)}`)
}

function scanCompound(bytes: Buffer, code: number, at: number, end: number, depth: number): number {
  const long = (code & 0x10) !== 0
  const width = long ? 4 : 1
  const stop = within(at + width + sizeAt(bytes, at, end, long), end)
  const count = sizeAt(bytes, at + width, stop, long)
  if ((code & 0x0f) === MAP && count % 2 !== 0)
    throw malformed('a map with a value for each key', `${count} elements`)
  let position = at + 2 * width
  if (count > stop - position)
    throw malformed(`at most ${stop - position} elements in as many bytes`, `${count}`)
  for (let index = 0; index < count; index++) position = scanValue(bytes, position, stop, depth + 1)
  if (position !== stop)
    throw malformed('nothing after the last element of a list or map', `${stop - position} bytes`)
  return stop
}

function scanArray(bytes: Buffer, at: number, end: number, long: boolean, depth: number): number {
  const width = long ? 4 : 1
  const stop = within(at + width + sizeAt(bytes, at, end, long), end)
  const count = sizeAt(bytes, at + width, stop, long)
  let position = at + 2 * width
  let code = byteAt(bytes, position, stop)
  while (code === DESCRIBED) {
    position = scanValue(bytes, position + 1, stop, depth + 1)
    code = byteAt(bytes, position, stop)
  }
  position++
  const most = FIXED.get(code) === 0 ? MOST_EMPTY_ELEMENTS : stop - position
  if (count > most)
    throw malformed(`at most ${most} elements in an array of ${stop - position} bytes`, `${count}`)
  for (let index = 0; index < count; index++) position = scanContent(bytes, code, position, stop, depth + 1)
  if (position !== stop)
    throw malformed('nothing after the last element of an array', `${stop - position} bytes`)
  return stop
}

function byteAt(bytes: Buffer, at: number, end: number): number {
  within(at + 1, end)
  return bytes[at] ?? 0
}

function sizeAt(bytes: Buffer, at: number, end: number, long: boolean): number {
  within(at + (long ? 4 : 1), end)
  return long ? bytes.readUInt32BE(at) : (bytes[at] ?? 0)
}

function within(stop: number, end: number): number {
  if (stop > end)
    throw malformed('a value that ends within its frame', `one that ends ${stop - end} bytes after it`)
  return stop
}
