/**
 * The partition of a key, as Event Hubs and the tests of the device SDKs compute it: Jenkins' lookup3 of the key in upper
 * case, folded to 16 bits, then ranges of {@link LOGICAL} (PartitionResolver of the .NET SDK, test helper of the C SDK).
 */

const GOLDEN = 0xdeadbeef
/** Logical partitions; each real one is a range of them. */
const LOGICAL = 32_767

/** @returns 0 to `partitions - 1`. */
export function partitionOf(key: string, partitions: number): number {
  const folded = (lookup3(Buffer.from(key.toUpperCase())) << 16) >> 16
  const logical = Math.abs(folded % LOGICAL)
  // What the division leaves makes the first ranges longer by one.
  const width = Math.floor(LOGICAL / partitions)
  const longer = LOGICAL % partitions
  const beyond = logical - longer * (width + 1)
  return Math.floor(beyond < 0 ? logical / (width + 1) : longer + beyond / width)
}

const rotated = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))

/** Both hashes, combined by exclusive or. */
function lookup3(data: Buffer): number {
  let a = (GOLDEN + data.length) | 0
  let b = a
  let c = a
  let at = 0
  for (; data.length - at > 12; at += 12) {
    a = (a + data.readInt32LE(at)) | 0
    b = (b + data.readInt32LE(at + 4)) | 0
    c = (c + data.readInt32LE(at + 8)) | 0
    a = ((a - c) | 0) ^ rotated(c, 4)
    c = (c + b) | 0
    b = ((b - a) | 0) ^ rotated(a, 6)
    a = (a + c) | 0
    c = ((c - b) | 0) ^ rotated(b, 8)
    b = (b + a) | 0
    a = ((a - c) | 0) ^ rotated(c, 16)
    c = (c + b) | 0
    b = ((b - a) | 0) ^ rotated(a, 19)
    a = (a + c) | 0
    c = ((c - b) | 0) ^ rotated(b, 4)
    b = (b + a) | 0
  }
  const rest = data.subarray(at)
  if (rest.length === 0) return c ^ b
  // The last bytes as little-endian words; missing bytes are zero.
  const tail = Buffer.alloc(12)
  rest.copy(tail)
  a = (a + tail.readInt32LE(0)) | 0
  b = (b + tail.readInt32LE(4)) | 0
  c = (c + tail.readInt32LE(8)) | 0
  c = ((c ^ b) - rotated(b, 14)) | 0
  a = ((a ^ c) - rotated(c, 11)) | 0
  b = ((b ^ a) - rotated(a, 25)) | 0
  c = ((c ^ b) - rotated(b, 16)) | 0
  a = ((a ^ c) - rotated(c, 4)) | 0
  b = ((b ^ a) - rotated(a, 14)) | 0
  c = ((c ^ b) - rotated(b, 24)) | 0
  return c ^ b
}
