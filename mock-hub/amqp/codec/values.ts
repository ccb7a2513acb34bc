/** AMQP values, read and written with rhea's codec: the one door to it (its endpoint is not used: decision 18). */

import rhea from 'rhea'
import { malformed } from './malformed.ts'
import { scanValue } from './scan.ts'

/** A value with its AMQP type, as rhea reads and writes it. */
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

/** The part of rhea's codec that is used here. */
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

// Reader, Writer and the plain constructors are there at run time; rhea's typings leave them out or say `any`.
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
/** @param text in its usual form. */
export const uuid = (text: string): Typed => codec.wrap_uuid(Buffer.from(text.replaceAll('-', ''), 'hex'))
export const symbols = (values: readonly string[]): Typed => codec.wrap_array(values, SYM8)
export const strings = (values: readonly string[]): Typed => codec.wrap_array(values, STR8)
export const list = (items: readonly Typed[]): Typed =>
  items.length === 0 ? codec.List0() : codec.List32(items)
export const described = (descriptor: number, value: Typed): Typed =>
  codec.described(codec.wrap_ulong(descriptor), value)

/** @param keys strings, or symbols where a field or section wants those. */
export function map(entries: Iterable<readonly [string, Typed]>, keys: 'string' | 'symbol'): Typed {
  const items: Typed[] = []
  for (const [key, value] of entries) items.push(keys === 'symbol' ? symbol(key) : string(key), value)
  return codec.Map32(items)
}

/**
 * Reads the value at the beginning of the bytes.
 * @returns it, and how many bytes it took.
 * @throws AmqpViolation
 */
export function readValue(bytes: Buffer, at = 0): { readonly value: Typed; readonly end: number } {
  const end = scanValue(bytes, at, bytes.length)
  return { value: new codec.Reader(bytes.subarray(at, end)).read(), end }
}

/** @param room bytes to allocate at first. */
export function writeValues(values: readonly Typed[], room = 512): Buffer {
  const writer = new codec.Writer(Buffer.allocUnsafe(room))
  for (const value of values) writer.write(value)
  return writer.toBuffer()
}

const CODE_NULL = 0x40
const isText = ({ typecode }: Typed['type']): boolean =>
  (typecode & 0xef) === 0xa1 || (typecode & 0xef) === 0xa3

/** Undefined for null and for what is not there: AMQP makes no difference. */
export function present(value: Typed | undefined): Typed | undefined {
  return value === undefined || value.type.typecode === CODE_NULL ? undefined : value
}

/** @returns undefined: no string and no symbol. */
export function textOf(value: Typed | undefined): string | undefined {
  return value !== undefined && isText(value.type) && typeof value.value === 'string'
    ? value.value
    : undefined
}

/** A number of any integral type, and a boolean; undefined: none. */
export function numberOf(value: Typed | undefined): number | undefined {
  if (value === undefined) return undefined
  if (typeof value.value === 'number') return value.value
  // rhea leaves what a double cannot hold in its eight bytes.
  return Buffer.isBuffer(value.value) && value.value.length === 8 && /long/i.test(value.type.name)
    ? Number(value.value.readBigInt64BE())
    : undefined
}

export function booleanOf(value: Typed | undefined): boolean | undefined {
  if (value === undefined) return undefined
  if (typeof value.value === 'boolean') return value.value
  return value.type.name === 'Boolean' ? value.value !== 0 : undefined
}

/** The descriptor as a number, whichever way it is said; undefined: not described, or by another name. */
export function descriptorOf(value: Typed, names: ReadonlyMap<string, number>): number | undefined {
  const { descriptor } = value
  if (descriptor === undefined) return undefined
  return numberOf(descriptor) ?? names.get(textOf(descriptor) ?? '')
}

/** @throws AmqpViolation when it is no list. */
export function itemsOf(value: Typed): readonly Typed[] {
  if (value.type.name.startsWith('List') && Array.isArray(value.value)) return value.value as readonly Typed[] // rhea fills lists with nothing else
  throw malformed(`a list, not a ${value.type.name}`)
}

/** By key, in order; keys that are no text are passed over. @throws AmqpViolation when it is no map. */
export function entriesOf(value: Typed): ReadonlyMap<string, Typed> {
  if (!value.type.name.startsWith('Map') || !Array.isArray(value.value))
    throw malformed(`a map, not a ${value.type.name}`)
  const items = value.value as readonly Typed[] // as above
  const entries = new Map<string, Typed>()
  for (let index = 0; index + 1 < items.length; index += 2) {
    const key = textOf(items[index])
    const item = items[index + 1]
    if (key !== undefined && item !== undefined) entries.set(key, item)
  }
  return entries
}

/** One symbol or several; both are allowed where a field is `multiple`. */
export function symbolsOf(value: Typed): readonly string[] {
  const one = textOf(value)
  if (one !== undefined) return [one]
  if (!Array.isArray(value.value)) return []
  return (value.value as readonly Typed[]).flatMap((item) => textOf(item) ?? []) // arrays hold typed values too
}

/** A value as plain data, for people and for JSON. */
export function plain(value: Typed | undefined): unknown {
  if (value === undefined) return undefined
  if (value.type.name.startsWith('Map'))
    return Object.fromEntries([...entriesOf(value)].map(([key, item]) => [key, plain(item)]))
  if (Array.isArray(value.value)) return (value.value as readonly Typed[]).map(plain) // as above
  return numberOf(value) ?? booleanOf(value) ?? value.value
}
