/** The DNS responder of the bench: it leads the name of the hub to an address, moves it, and fails on demand. UDP alone. */

import type { Socket } from 'node:dgram'
import { decode, encode, type Answer, type Packet } from 'dns-packet'
import { boundSocket, UdpResponder, type UdpAddress } from './udp.ts'

/** How long a device may keep an answer, in seconds. */
export const TTL_SECONDS = 5
/** Bits of the flags: authoritative answer; recursion available; the code of the answer. */
const AUTHORITATIVE = 0x0400
const SERVFAIL = 2
const NXDOMAIN = 3

export interface DnsOptions extends UdpAddress {
  readonly hostName: string
  /** Where every other name leads, such as that of a time server; undefined: there is no other name. */
  readonly others?: string | undefined
  /** Hears of each question for an address. */
  readonly asked: (name: string, answer: string) => void
}

export class DnsResponder extends UdpResponder {
  /** Where the name of the hub leads. */
  leadsTo: string
  /** Answers SERVFAIL to everything. */
  fails = false
  readonly #options: DnsOptions

  private constructor(options: DnsOptions, socket: Socket) {
    super(socket)
    this.#options = options
    this.leadsTo = options.address
    socket.on('message', (bytes, { port, address }) => {
      const answer = this.#answer(bytes)
      if (answer !== undefined) socket.send(answer, port, address)
    })
  }

  /** @throws the system's error for a port that cannot be had. */
  static async start(options: DnsOptions): Promise<DnsResponder> {
    return new DnsResponder(options, await boundSocket(options))
  }

  #answer(bytes: Buffer): Buffer | undefined {
    let query: Packet
    try {
      query = decode(bytes)
    } catch {
      return undefined // no DNS
    }
    const [question] = query.questions ?? []
    if (query.type !== 'query' || question === undefined) return undefined
    const { name, type } = question
    const { others, hostName, asked } = this.#options
    const address = name.toLowerCase() === hostName.toLowerCase() ? this.leadsTo : others
    const code = this.fails ? SERVFAIL : address === undefined ? NXDOMAIN : 0
    const answers: Answer[] =
      code === 0 && type === 'A' && address !== undefined
        ? [{ type: 'A', name, ttl: TTL_SECONDS, data: address }]
        : []
    if (type === 'A')
      asked(name, code === SERVFAIL ? 'SERVFAIL' : code === NXDOMAIN ? 'NXDOMAIN' : (address ?? ''))
    return encode({
      ...{ type: 'response', id: query.id ?? 0, flags: AUTHORITATIVE | ((query.flags ?? 0) & 0x0100) | code },
      ...{ questions: [question], answers },
    })
  }
}
