/**
 * A recording as a capture that Wireshark reads: MQTT in clear on port 1883, as it would look without TLS. What the suite did, and
 * attempts that ended before MQTT, stand in comments of the packets. Secrets and long bodies are not in a recording, so they are
 * not here either; a SUBACK shows what was asked for.
 */

import type { Entry, Recording } from '../recording/entries.ts'
import { mqttBytes } from './mqtt-bytes.ts'
import { fileHead, packetBlock } from './pcapng.ts'
import { HUB_ADDRESS, TcpStream } from './tcp-stream.ts'

type Filters = readonly { readonly topic: string; readonly qos: number }[]

export function captureOf({ header, entries }: Recording): Buffer {
  const { hostName, kind, suite, seed } = header
  const about = `${hostName} (${HUB_ADDRESS}), ${kind} run of suite ${suite}, seed ${String(seed)}; made from the recording`
  return Buffer.concat([fileHead(about, hostName), ...new Capture().blocks(entries)])
}

class Capture {
  readonly #byPeer = new Map<string, TcpStream>()
  readonly #byLink = new Map<string, TcpStream>()
  readonly #goodbyes = new Set<string>()
  readonly #filters = new Map<string, Filters>()
  /** What the next packet is to tell. */
  #comments: string[] = []

  blocks(entries: readonly Entry[]): readonly Buffer[] {
    return entries.flatMap((entry) => {
      const comment = commentOf(entry)
      if (comment !== undefined) this.#comments.push(comment)
      return this.#segments(entry).map((segment) => {
        const comments = this.#comments
        this.#comments = []
        return packetBlock(entry.at, segment, comments)
      })
    })
  }

  #segments(entry: Entry): readonly Buffer[] {
    switch (entry.type) {
      case 'dialled':
        return this.#streamOf(entry.peer).opening
      case 'tls-ended':
        return entry.finished ? [] : this.#streamOf(entry.peer).stream.reset('in')
      case 'link-opened': {
        const { stream, opening } = this.#streamOf(entry.peer)
        this.#byLink.set(entry.link, stream)
        return opening
      }
      case 'link-closed':
        return this.#byLink.get(entry.link)?.close(this.#goodbyes.has(entry.link) ? 'in' : 'out') ?? []
      case 'packet': {
        const { link, way, cmd } = entry
        const key = 'id' in entry ? `${link} ${String(entry.id)}` : ''
        if (cmd === 'subscribe') this.#filters.set(key, entry.filters)
        if (cmd === 'disconnect') this.#goodbyes.add(link)
        return this.#byLink.get(link)?.data(way, mqttBytes(entry, this.#filters.get(key))) ?? []
      }
      default:
        return []
    }
  }

  /** The connection of a peer, and its handshake when it is new. */
  #streamOf(peer: string): { readonly stream: TcpStream; readonly opening: readonly Buffer[] } {
    const known = this.#byPeer.get(peer)
    if (known !== undefined) return { stream: known, opening: [] }
    const stream = new TcpStream(peer)
    this.#byPeer.set(peer, stream)
    return { stream, opening: stream.open() }
  }
}

/** One line about what is no packet; undefined: nothing that a reader misses. */
function commentOf(entry: Entry): string | undefined {
  switch (entry.type) {
    case 'provocation':
      return `provocation ${entry.name} ${entry.state}${entry.reason === undefined ? '' : `: ${entry.reason}`}`
    case 'fault':
      return entry.phase === 'fired' ? `fault ${entry.name} struck` : undefined
    case 'service':
      return `service ${entry.what} ${entry.key}`
    case 'trigger':
      return `trigger ${entry.name} ${entry.ok ? 'done' : (entry.text ?? 'not done')}`
    case 'refusal':
      return `refused: ${entry.received} (${entry.error})`
    case 'tls-ended':
      return entry.finished ? undefined : `handshake ended: ${entry.alert ?? entry.code ?? 'without a word'}`
    case 'link-closed':
      return `closed: ${entry.reason}`
    case 'packet':
      return entry.cmd === 'publish' && entry.text === undefined && entry.bytes > 0
        ? `body of ${String(entry.bytes)} bytes is not in the recording, sha256 ${entry.hash}`
        : undefined
    default:
      return undefined
  }
}
