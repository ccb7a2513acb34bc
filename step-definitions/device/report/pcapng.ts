/** Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, with one interface of raw IP and times in ms. */

const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const PACKET = 6
const BYTE_ORDER = 0x1a2b3c4d
const LINKTYPE_RAW = 101
/** Codes of options. */
const COMMENT = 1
const NAME = 2
const RESOLUTION = 9
const MILLISECONDS = 3

type Option = readonly [code: number, value: Buffer]

/** The begin of a file. @param about a comment of the section. */
export function fileHead(about: string, interfaceName: string): Buffer {
  const section = Buffer.alloc(16)
  section.writeUInt32LE(BYTE_ORDER, 0)
  section.writeUInt16LE(1, 4)
  // Version 1.0, and a length that nobody says.
  section.writeBigInt64LE(-1n, 8)
  const card = Buffer.alloc(8)
  card.writeUInt16LE(LINKTYPE_RAW, 0)
  return Buffer.concat([
    block(SECTION, section, [[COMMENT, Buffer.from(about)]]),
    block(INTERFACE, card, [
      [NAME, Buffer.from(interfaceName)],
      [RESOLUTION, Buffer.from([MILLISECONDS])],
    ]),
  ])
}

/** @param at epoch ms. @param comments what a reader of the file is told beside the packet. */
export function packetBlock(at: number, packet: Buffer, comments: readonly string[]): Buffer {
  const head = Buffer.alloc(20)
  head.writeUInt32LE(Math.floor(at / 2 ** 32), 4)
  head.writeUInt32LE(at % 2 ** 32, 8)
  head.writeUInt32LE(packet.length, 12)
  head.writeUInt32LE(packet.length, 16)
  const options = comments.map((comment): Option => [COMMENT, Buffer.from(comment)])
  return block(PACKET, Buffer.concat([head, padded(packet)]), options)
}

function block(type: number, body: Buffer, options: readonly Option[]): Buffer {
  const parts = options.flatMap(([code, value]) => [pair(code, value.length), padded(value)])
  const end = options.length === 0 ? [] : [pair(0, 0)]
  const whole = Buffer.concat([body, ...parts, ...end])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(whole.length + 12)
  const first = Buffer.alloc(4)
  first.writeUInt32LE(type)
  return Buffer.concat([first, length, whole, length])
}

function pair(code: number, length: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt16LE(code, 0)
  bytes.writeUInt16LE(length, 2)
  return bytes
}

/** To a multiple of four. */
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}
