/** A capture is read back block by block, and its segments as a TCP stream, by code that shares nothing with the writer. */

import { expect, test } from 'vitest'
import * as j from '../judge/testing/journal.ts'
import { captureOf } from './capture.ts'

interface Block {
  readonly type: number
  readonly body: Buffer
}

function blocksOf(file: Buffer): readonly Block[] {
  const blocks: Block[] = []
  for (let at = 0; at < file.length;) {
    const length = file.readUInt32LE(at + 4)
    // The length stands at both ends, so that a file can be read backwards.
    expect(file.readUInt32LE(at + length - 4)).toBe(length)
    expect(length % 4).toBe(0)
    blocks.push({ type: file.readUInt32LE(at), body: file.subarray(at + 8, at + length - 4) })
    at += length
  }
  return blocks
}

/** The one's complement sum of good bytes is all ones. */
function sum(bytes: Buffer): number {
  let all = 0
  for (const [at, byte] of bytes.entries()) all += at % 2 === 0 ? byte * 256 : byte
  return (all % 0x10000) + Math.floor(all / 0x10000)
}

const packetOf = ({ body }: Block): Buffer => body.subarray(20, 20 + body.readUInt32LE(12))
const PACKET = 6

const recording = j.recordingOf([
  ...[...j.up(1), j.subscribe(1), j.suback(1), j.wait(1), j.begun('loss.fin')],
  ...[j.sent(1, 'a', { id: 7, text: 'hello', hash: 'h' }), j.puback(1, 'out', 7)],
  ...[
    j.sent(1, 'big', { id: 8, bytes: 100_000, text: undefined } as never),
    j.bare(1, 'disconnect'),
    ...j.down(1),
  ],
])
const blocks = blocksOf(captureOf(recording))
const segments = blocks.filter(({ type }) => type === PACKET).map(packetOf)
const payload = (segment: Buffer): Buffer => segment.subarray(40)
const fromDevice = (segment: Buffer): boolean => segment.readUInt16BE(22) === 1883

test('a section of version 1.0 and an interface of raw IP come first', () => {
  const [section, card] = blocks
  expect([section?.type, section?.body.readUInt32LE(0), section?.body.readUInt16LE(4)]).toEqual([
    ...[0x0a0d0d0a, 0x1a2b3c4d, 1],
  ])
  expect([card?.type, card?.body.readUInt16LE(0)]).toEqual([1, 101])
})

test('each packet has its time in ms', () => {
  const times = blocks
    .filter(({ type }) => type === PACKET)
    .map(({ body }) => body.readUInt32LE(4) * 2 ** 32 + body.readUInt32LE(8))
  expect(times[0]).toBe(recording.header.startedAt)
  expect(times.at(-1)).toBe(recording.header.startedAt + 1_000)
})

test('lengths and checksums of IP and TCP are right, and numbers follow each other', () => {
  const next = { device: 0, hub: 0 }
  for (const segment of segments) {
    expect(segment.readUInt16BE(2)).toBe(segment.length)
    expect(sum(segment.subarray(0, 20))).toBe(0xffff)
    const tcp = segment.subarray(20)
    const length = Buffer.from([0, 6, tcp.length >> 8, tcp.length & 255])
    const even = tcp.length % 2 === 0 ? tcp : Buffer.concat([tcp, Buffer.of(0)])
    expect(sum(Buffer.concat([segment.subarray(12, 20), length, even]))).toBe(0xffff)
    const side = fromDevice(segment) ? 'device' : 'hub'
    expect(tcp.readUInt32BE(4)).toBe(next[side])
    next[side] += payload(segment).length + ((tcp[13] ?? 0) & 3 ? 1 : 0)
  }
})

test('the stream of the device is MQTT, without its secrets and its long bodies', () => {
  const stream = Buffer.concat(segments.filter(fromDevice).map(payload))
  expect(stream.subarray(0, 1).toString('hex')).toBe('10')
  expect(stream.includes('SharedAccessSignature')).toBe(true)
  expect(stream.includes('sig=***')).toBe(true)
  expect(stream.includes(Buffer.from('320a00016100', 'hex'))).toBe(true)
  expect(stream.includes(Buffer.from('.'.repeat(100_000)))).toBe(true)
  expect(stream.subarray(-2).toString('hex')).toBe('e000')
})

test('what the suite did stands beside the next packet', () => {
  expect(captureOf(recording).includes('provocation loss.fin begun')).toBe(true)
  expect(captureOf(recording).includes('body of 100000 bytes is not in the recording')).toBe(true)
})
