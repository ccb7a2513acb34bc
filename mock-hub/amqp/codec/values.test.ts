import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import rhea from 'rhea'
import { describe, expect, test } from 'vitest'
import { idText } from './messages.ts'
import * as amqp from './values.ts'
import type { Typed } from './values.ts'

interface Row {
  readonly name: string
  readonly type: string
  readonly value: string
  readonly bytes: string
}
const url = new URL('../../../features/vectors/amqp-values.json', import.meta.url)
const rows = JSON.parse(readFileSync(url, 'utf8')) as readonly Row[] // the format in features/vectors/README.md

/** A value as the vectors spell it. */
function spelt(value: Typed): string {
  if (amqp.present(value) === undefined) return ''
  if (value.type.name === 'CharUTF32') return String.fromCodePoint(amqp.numberOf(value) ?? 0)
  if (value.value instanceof Date) return String(value.value.getTime())
  if (/^Vbin/.test(value.type.name)) return (value.value as Buffer).toString('hex')
  const boolean = amqp.booleanOf(value)
  return boolean === undefined ? (amqp.textOf(value) ?? idText(value) ?? '') : String(boolean)
}

/** Writers of the hub, for the types that it writes. */
const WRITERS: ReadonlyMap<string, (text: string) => Typed> = new Map<string, (text: string) => Typed>([
  ['null', amqp.nothing],
  ['boolean', (text) => amqp.boolean(text === 'true')],
  ['ubyte', (text) => amqp.ubyte(Number(text))],
  ['ushort', (text) => amqp.ushort(Number(text))],
  ['uint', (text) => amqp.uint(Number(text))],
  ['ulong', (text) => amqp.ulong(Number(text))],
  ['int', (text) => amqp.int(Number(text))],
  ['long', (text) => amqp.long(Number(text))],
  ['timestamp', (text) => amqp.timestamp(Number(text))],
  ['uuid', amqp.uuid],
  ['string', amqp.string],
  ['symbol', amqp.symbol],
  ['binary', (text) => amqp.binary(Buffer.from(text, 'hex'))],
])
/** The hub writes no greater numbers. */
const isSafe = ({ value }: Row): boolean => !/^-?\d+$/.test(value) || Number.isSafeInteger(Number(value))

describe('amqp-values.json', () => {
  test.each(rows)('$name is read', ({ value, bytes }) => {
    const encoded = Buffer.from(bytes, 'hex')
    const read = amqp.readValue(encoded)
    expect([spelt(read.value), read.end]).toEqual([value, encoded.length])
  })

  test.each(rows.filter((row) => WRITERS.has(row.type) && isSafe(row)))(
    '$name is written in an encoding of another codec',
    ({ type, value }) => {
      const written = amqp.writeValues([WRITERS.get(type)?.(value) ?? amqp.nothing()]).toString('hex')
      const known = rows.filter((row) => row.type === type && row.value === value).map(({ bytes }) => bytes)
      expect(known).toContain(written)
    },
  )
})

/** Bytes of rhea, its number given as eight bytes. */
const rheaBytes = (wrap: (bytes: Buffer) => Typed, value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value))
  return amqp.writeValues([wrap(bytes)])
}
const types = rhea.types as unknown as Record<'wrap_ulong' | 'wrap_long', (bytes: Buffer) => Typed> // rhea's typings say `any`

test('every ulong is read without a sign and every long with one', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
      const { value: read } = amqp.readValue(rheaBytes(types.wrap_ulong, value))
      expect(BigInt(amqp.exactNumberOf(read) ?? -1)).toBe(value)
      expect(amqp.numberOf(read)).toBe(Number(value))
    }),
  )
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
      const { value: read } = amqp.readValue(rheaBytes(types.wrap_long, value))
      expect(BigInt(amqp.exactNumberOf(read) ?? 0)).toBe(value)
    }),
  )
})

const typed: fc.Arbitrary<Typed> = fc.oneof(
  fc.constant(null).map(amqp.nothing),
  fc.boolean().map(amqp.boolean),
  fc.nat(0xff).map(amqp.ubyte),
  fc.nat(0xffff).map(amqp.ushort),
  fc.nat(0xffff_ffff).map(amqp.uint),
  fc.maxSafeNat().map(amqp.ulong),
  fc.integer().map(amqp.int),
  fc.maxSafeInteger().map(amqp.long),
  fc.integer({ min: -8.64e15, max: 8.64e15 }).map(amqp.timestamp),
  fc.uuid().map(amqp.uuid),
  fc.string({ unit: 'binary', maxLength: 300 }).map(amqp.string),
  fc.string({ unit: 'grapheme-ascii', maxLength: 300 }).map(amqp.symbol),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => amqp.binary(Buffer.from(bytes))),
)

test('what the hub writes it reads again, to the last byte', () => {
  fc.assert(
    fc.property(fc.array(typed, { maxLength: 5 }), (values) => {
      const bytes = amqp.writeValues([amqp.list(values)])
      const { value, end } = amqp.readValue(bytes)
      expect(end).toBe(bytes.length)
      expect(amqp.itemsOf(value).map(spelt)).toEqual(
        values.map((item) => spelt(amqp.readValue(amqp.writeValues([item])).value)),
      )
      expect(amqp.writeValues(amqp.itemsOf(value))).toEqual(amqp.writeValues(values))
    }),
  )
})
