/** A TCP connection over IPv4 as its segments would look in clear, from what was said on it. */

/** The address of the hub in captures: one that is kept for documents (RFC 5737). */
export const HUB_ADDRESS = '192.0.2.1'
/** What readers of captures take for MQTT. */
export const MQTT_PORT = 1883

const SYN = 2
const RST = 4
const PSH = 8
const ACK = 16
const FIN = 1
const WINDOW = 65_535
const LONGEST_SEGMENT = 60_000

export type Way = 'in' | 'out'

export class TcpStream {
  readonly #address: Buffer
  readonly #port: number
  readonly #sent = { in: 0, out: 0 }

  /** @param peer `address:port` of the device; one that is no IPv4 is shown as 127.0.0.1. */
  constructor(peer: string) {
    const [, address = '127.0.0.1', port = '0'] = /^(?:.*?)(\d+\.\d+\.\d+\.\d+)?\]?:(\d+)$/.exec(peer) ?? []
    this.#address = addressBytes(address)
    this.#port = Number(port)
  }

  open(): readonly Buffer[] {
    return [this.#segment('in', SYN), this.#segment('out', SYN | ACK), this.#segment('in', ACK)]
  }

  data(way: Way, bytes: Buffer): readonly Buffer[] {
    const segments: Buffer[] = []
    for (let at = 0; at < bytes.length; at += LONGEST_SEGMENT)
      segments.push(this.#segment(way, PSH | ACK, bytes.subarray(at, at + LONGEST_SEGMENT)))
    return segments
  }

  close(way: Way): readonly Buffer[] {
    const other = way === 'in' ? 'out' : 'in'
    return [this.#segment(way, FIN | ACK), this.#segment(other, FIN | ACK), this.#segment(way, ACK)]
  }

  reset(way: Way): readonly Buffer[] {
    return [this.#segment(way, RST | ACK)]
  }

  #segment(way: Way, flags: number, bytes: Buffer = Buffer.alloc(0)): Buffer {
    const hub = addressBytes(HUB_ADDRESS)
    const [from, to] = way === 'in' ? [this.#address, hub] : [hub, this.#address]
    const [fromPort, toPort] = way === 'in' ? [this.#port, MQTT_PORT] : [MQTT_PORT, this.#port]
    const tcp = Buffer.alloc(20 + bytes.length)
    tcp.writeUInt16BE(fromPort, 0)
    tcp.writeUInt16BE(toPort, 2)
    tcp.writeUInt32BE(this.#sent[way], 4)
    tcp.writeUInt32BE((flags & ACK) === 0 ? 0 : this.#sent[way === 'in' ? 'out' : 'in'], 8)
    tcp.writeUInt16BE((5 << 12) | flags, 12)
    tcp.writeUInt16BE(WINDOW, 14)
    bytes.copy(tcp, 20)
    const pseudo = Buffer.from([...from, ...to, 0, 6, tcp.length >> 8, tcp.length & 255])
    tcp.writeUInt16BE(checksum(Buffer.concat([pseudo, tcp])), 16)
    // SYN and FIN take a number of their own.
    this.#sent[way] += bytes.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1)
    const ip = Buffer.from([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, ...from, ...to])
    ip.writeUInt16BE(ip.length + tcp.length, 2)
    ip.writeUInt16BE(checksum(ip), 10)
    return Buffer.concat([ip, tcp])
  }
}

function addressBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number))
}

/** The checksum of the Internet protocols (RFC 1071). */
function checksum(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return ~sum & 0xffff
}
