import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader, MalformedPacket, OversizedPacket } from './frames.ts'

function frame(type: number, body: Buffer): Buffer {
  const length: number[] = []
  for (let rest = body.length; ; rest >>= 7) {
    length.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80)
    if (rest < 0x80) break
  }
  return Buffer.concat([Buffer.from([type, ...length]), body])
}

function readAll(reader: FrameReader): string[] {
  const frames: string[] = []
  while (reader.next()) {
    expect(reader.header).toBe(reader.buffer[reader.start])
    frames.push(
      `${reader.buffer.toString('hex', reader.start, reader.body)}|${reader.buffer.toString('hex', reader.body, reader.end)}`,
    )
  }
  return frames
}

const bodies = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.integer({ min: 120, max: 140 }).map((size) => new Uint8Array(size).fill(7)),
    fc.integer({ min: 16_380, max: 16_390 }).map((size) => new Uint8Array(size).fill(9)),
  ),
  { maxLength: 8 },
)

describe('FrameReader', () => {
  test('gives the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }), (parts, cuts) => {
        const bytes = Buffer.concat(parts.map((part, index) => frame((index % 15) << 4, Buffer.from(part))))
        const whole = new FrameReader(20_000)
        whole.push(bytes)
        const expected = readAll(whole)
        expect(expected).toHaveLength(parts.length)

        const pieces = new FrameReader(20_000)
        const found: string[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = cuts[turn % cuts.length]!
          pieces.push(bytes.subarray(at, at + size))
          at += size
          found.push(...readAll(pieces))
        }
        expect(found).toEqual(expected)
        expect(pieces.pending).toBe(0)
      }),
    )
  })

  test('keeps frames that have not been read', () => {
    const reader = new FrameReader(100)
    reader.push(Buffer.concat([frame(0xc0, Buffer.alloc(0)), frame(0xe0, Buffer.alloc(0))]))
    expect(reader.next()).toBe(true)
    reader.push(frame(0x40, Buffer.from([0, 1])))
    expect(readAll(reader)).toEqual(['e000|', '4002|0001'])
  })

  test('refuses a large packet by its fixed header alone (WIRE-SESS-23)', () => {
    const reader = new FrameReader(262_144)
    reader.push(Buffer.from([0x30, 0x81, 0x80]))
    expect(reader.next()).toBe(false)
    reader.push(Buffer.from([0x10]))
    expect(() => reader.next()).toThrow(OversizedPacket)
    const fitting = new FrameReader(262_144)
    fitting.push(Buffer.from([0x30, 0x80, 0x80, 0x10]))
    expect(fitting.next()).toBe(false)
  })

  test('refuses a remaining length of five bytes', () => {
    const reader = new FrameReader(1_000)
    reader.push(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]))
    expect(() => reader.next()).toThrow(MalformedPacket)
  })
})
