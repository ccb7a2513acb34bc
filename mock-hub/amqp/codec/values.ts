/** Reads and writes AMQP values with rhea's codec. Nothing else of rhea is used, and only here (decision 18). */

import rhea from 'rhea'
import { malformed } from './malformed.ts'
import { scanValue } from './scan.ts'

/** A value with its AMQP type, as rhea represents it. */
export interface Typed {
  readonly type: { readonly name: string; readonly typecode: number }
  readonly value: unknown
  readonly descriptor?: Typed
}

interface Reader {
  read(): Typed
}
interface Writer {
  write(value: Typed): void
  write_bytes(bytes: Buffer): void
  toBuffer(): Buffer
}

/** The part of rhea's codec that the hub uses. */
interface Codec {
  readonly Reader: new (buffer: Buffer) => Reader
  readonly Writer: new (buffer?: Buffer) => Writer
  Null(): Typed
  List32(items: readonly Typed[]): Typed
  List0(): Typed
  Map32(items: readonly Typed[]): Typed
  wrap_boolean(value: boolean): Typed
  wrap_ubyte(value: number): Typed
  wrap_ushort(value: number): Typed
  wrap_uint(value: number): Typed
  wrap_ulong(value: number): Typed
  wrap_int(value: number): Typed
  wrap_long(value: number): Typed
  wrap_string(value: string): Typed
  wrap_symbol(value: string): Typed
  wrap_binary(value: Buffer): Typed
  wrap_timestamp(value: number): Typed
  wrap_uuid(value: Buffer): Typed
  wrap_array(items: readonly unknown[], typecode: number, descriptor?: undefined): Typed
  described(descriptor: Typed, value: Typed): Typed
}

// Reader, Writer and the plain constructors exist at run time; rhea's typings omit them or say `any`.
const codec = rhea.types as unknown as Codec

const SYM8 = 0xa3
const STR8 = 0xa1

export const nothing = (): Typed => codec.Null()
export const boolean = (value: boolean): Typed => codec.wrap_boolean(value)
export const ubyte = (value: number): Typed => codec.wrap_ubyte(value)
export const ushort = (value: number): Typed => codec.wrap_ushort(value)
export const uint = (value: number): Typed => codec.wrap_uint(value)
export const ulong = (value: number): Typed => codec.wrap_ulong(value)
export const int = (value: number): Typed => codec.wrap_int(value)
export const long = (value: number): Typed => codec.wrap_long(value)
export const string = (value: string): Typed => codec.wrap_string(value)
export const symbol = (value: string): Typed => codec.wrap_symbol(value)
export const binary = (value: Buffer): Typed => codec.wrap_binary(value)
/** @param ms epoch ms. */
export const timestamp = (ms: number): Typed => codec.wrap_timestamp(ms)
/** @param text with hyphens. */
export const uuid = (text: string): Typed => codec.wrap_uuid(Buffer.from(text.replaceAll('-', ''), 'hex'))
export const symbols = (values: readonly string[]): Typed => codec.wrap_array(values, SYM8)
export const strings = (values: readonly string[]): Typed => codec.wrap_array(values, STR8)
export const list = (items: readonly Typed[]): Typed =>
  items.length === 0 ? codec.List0() : codec.List32(items)
export const described = (descriptor: number, value: Typed): Typed =>
  codec.described(codec.wrap_ulong(descriptor), value)

/** @param keys the type of the keys: symbols where a field or section requires them. */
export function map(entries: Iterable<readonly [string, Typed]>, keys: 'string' | 'symbol'): Typed {
  const items: Typed[] = []
  for (const [key, value] of entries) items.push(keys === 'symbol' ? symbol(key) : string(key), value)
  return codec.Map32(items)
}

/**
 * Reads the value at a position.
 * @returns the value, and the position after it.
 * @throws AmqpViolation
 */
export function readValue(bytes: Buffer, at = 0): { readonly value: Typed; readonly end: number } {
  const end = scanValue(bytes, at, bytes.length)
  return { value: new codec.Reader(bytes.subarray(at, end)).read(), end }
}

/** @param capacity bytes to allocate at first. */
export function writeValues(values: readonly Typed[], capacity = 512): Buffer {
  const writer = new codec.Writer(Buffer.allocUnsafe(capacity))
  for (const value of values) writer.write(value)
  return writer.toBuffer()
}

const CODE_NULL = 0x40
const isText = ({ typecode }: Typed['type']): boolean =>
  (typecode & 0xef) === 0xa1 || (typecode & 0xef) === 0xa3

/** The value, or undefined when it is null or absent: AMQP does not distinguish the two. */
export function present(value: Typed | undefined): Typed | undefined {
  return value === undefined || value.type.typecode === CODE_NULL ? undefined : value
}

/** @returns undefined: neither a string nor a symbol. */
export function textOf(value: Typed | undefined): string | undefined {
  return value !== undefined && isText(value.type) && typeof value.value === 'string'
    ? value.value
    : undefined
}

/** A number; a `bigint` when a double cannot hold it. @returns undefined: not a number. */
export function exactNumberOf(value: Typed | undefined): number | bigint | undefined {
  if (value === undefined) return undefined
  if (typeof value.value === 'number') return value.value
  // rhea leaves a long or ulong that a double cannot hold as eight bytes.
  if (!Buffer.isBuffer(value.value)) return undefined
  if (value.type.name === 'Ulong') return value.value.readBigUInt64BE()
  return value.type.name === 'Long' ? value.value.readBigInt64BE() : undefined
}

/** A number, rounded to a double. @returns undefined: not a number. */
export function numberOf(value: Typed | undefined): number | undefined {
  const exact = exactNumberOf(value)
  return exact === undefined ? undefined : Number(exact)
}

export function booleanOf(value: Typed | undefined): boolean | undefined {
  if (value === undefined) return undefined
  if (typeof value.value === 'boolean') return value.value
  return value.type.name === 'Boolean' ? value.value !== 0 : undefined
}

/** The descriptor as a number. @param names symbolic descriptors. @returns undefined: no descriptor, or an unknown one. */
export function descriptorOf(value: Typed, names: ReadonlyMap<string, number>): number | undefined {
  const { descriptor } = value
  if (descriptor === undefined) return undefined
  return numberOf(descriptor) ?? names.get(textOf(descriptor) ?? '')
}

/** @throws AmqpViolation when it is not a list. */
export function itemsOf(value: Typed): readonly Typed[] {
  if (value.type.name.startsWith('List') && Array.isArray(value.value)) return value.value as readonly Typed[] // rhea fills lists with nothing else
  throw malformed('a list', `a ${value.type.name}`)
}

/** Entries in order; keys that are not text are ignored. @throws AmqpViolation when it is not a map. */
export function entriesOf(value: Typed): ReadonlyMap<string, Typed> {
  if (!value.type.name.startsWith('Map') || !Array.isArray(value.value))
    throw malformed('a map', `a ${value.type.name}`)
  const items = value.value as readonly Typed[] // as above
  const entries = new Map<string, Typed>()
  for (let index = 0; index + 1 < items.length; index += 2) {
    const key = textOf(items[index])
    const item = items[index + 1]
    if (key !== undefined && item !== undefined) entries.set(key, item)
  }
  return entries
}

/** The symbols of a field that may hold one or several. */
export function symbolsOf(value: Typed): readonly string[] {
  const one = textOf(value)
  if (one !== undefined) return [one]
  if (!Array.isArray(value.value)) return []
  return (value.value as readonly Typed[]).flatMap((item) => textOf(item) ?? []) // arrays hold typed values too
}

/** A value as plain data, for JSON. */
export function plain(value: Typed | undefined): unknown {
  if (value === undefined) return undefined
  if (value.type.name.startsWith('Map'))
    return Object.fromEntries([...entriesOf(value)].map(([key, item]) => [key, plain(item)]))
  if (Array.isArray(value.value)) return (value.value as readonly Typed[]).map(plain) // as above
  return numberOf(value) ?? booleanOf(value) ?? value.value
}
