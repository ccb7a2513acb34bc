/** Finds the packets of MQTT in a stream by hand: what a server cannot do with less. */

/** @param from the first byte of the packet. @param head where its variable header begins. @param end behind its last byte. */
type Take = (bytes: Buffer, from: number, head: number, end: number) => void

const NOTHING = Buffer.alloc(0)

/** @returns what takes the chunks of a stream and gives each packet once it is whole. */
export function packetsOf(take: Take): (chunk: Buffer) => void {
  let rest: Buffer = NOTHING
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (at + 1 < bytes.length) {
      let head = at + 1
      let length = 0
      for (let shift = 0; shift < 28; shift += 7) {
        const byte = bytes[head++]
        if (byte === undefined) {
          length = bytes.length
          break
        }
        length |= (byte & 127) << shift
        if (byte < 128) break
      }
      const end = head + length
      if (end > bytes.length) break
      take(bytes, at, head, end)
      at = end
    }
    rest = at === bytes.length ? NOTHING : bytes.subarray(at)
  }
}

/** Kinds of packets: the upper half of their first byte. */
export const CONNECT = 1
export const PUBLISH = 3
export const SUBSCRIBE = 8
export const PINGREQ = 12

export const CONNACK = Buffer.from([0x20, 2, 0, 0])
export const PINGRESP = Buffer.from([0xd0, 0])

/** Grants QoS 0 to each filter of a SUBSCRIBE. */
export function suback(bytes: Buffer, head: number, end: number): Buffer {
  let filters = 0
  for (let at = head + 2; at < end; at += 3 + bytes.readUInt16BE(at)) filters++
  const answer = Buffer.alloc(4 + filters)
  answer[0] = 0x90
  answer[1] = 2 + filters
  bytes.copy(answer, 2, head, head + 2)
  return answer
}
