/** Writes the recording of a run: the hub's journal, freed of secrets and of what other connections do, and the conductor's own. */

import { createHash, randomBytes } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import type { Clock, Journal, JournalEntry } from 'mock-iot-hub'
import type { Entry, NewEntry, PacketEntry, ShownToken } from './entries.ts'

/** Bodies up to here are kept as text. */
const LONGEST_TEXT = 4_096

export interface RecorderOptions {
  readonly clock: Clock
  readonly journal: Journal
  /** Secrets of the device, each under a name; looked for in everything that it sends. */
  readonly secrets: () => readonly (readonly [name: string, secret: string])[]
}

export class Recorder {
  readonly entries: Entry[] = []
  readonly #options: RecorderOptions
  readonly #listeners = new Set<(entry: Entry) => void>()
  /** Peers of the conductor's own connections. */
  readonly #ownPeers = new Set<string>()
  /** Links of the conductor. */
  readonly #ownLinks = new Set<string>()
  readonly #stop: () => void
  /** Prints of tokens are worthless without it. */
  readonly #salt = randomBytes(16)

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#stop = options.journal.subscribe((entry) => {
      this.#take(entry)
    })
  }

  /** The connection is the conductor's own: what happens on it is no evidence. @param peer `address:port`. */
  disown(peer: string): void {
    this.#ownPeers.add(peer)
    // The hub may have told of it before the conductor knew its own port.
    for (const [at, entry] of this.entries.entries()) {
      const isOwn =
        ('peer' in entry && entry.peer === peer) || ('link' in entry && this.#ownLinks.has(entry.link))
      if (!isOwn) continue
      if (entry.type === 'link-opened') this.#ownLinks.add(entry.link)
      this.entries[at] = { type: 'own', seq: entry.seq, at: entry.at }
    }
  }

  record(entry: NewEntry): Entry {
    const dated = { ...entry, seq: this.entries.length + 1, at: this.#options.clock.now() } as Entry
    this.entries.push(dated)
    for (const listener of [...this.#listeners]) listener(dated)
    return dated
  }

  subscribe(listener: (entry: Entry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  stop(): void {
    this.#stop()
    this.#listeners.clear()
  }

  #take(entry: JournalEntry): void {
    if ('peer' in entry && this.#ownPeers.has(entry.peer)) {
      if (entry.type === 'link-opened') this.#ownLinks.add(entry.linkId)
      return
    }
    if ('linkId' in entry && this.#ownLinks.has(entry.linkId)) return
    const made = this.#entryOf(entry)
    if (made !== undefined) this.record(made)
  }

  #entryOf(entry: JournalEntry): NewEntry | undefined {
    switch (entry.type) {
      case 'dialled':
      case 'tls-hello':
      case 'tls-ended': {
        const { seq: _seq, at: _at, ...rest } = entry
        return rest
      }
      case 'link-opened': {
        const { linkId: link, peer, transport, tls } = entry
        const { version, serverName, resumed } = tls ?? {}
        return {
          ...{ type: 'link-opened', link, peer, transport },
          ...(version === undefined
            ? {}
            : {
                tls: {
                  version,
                  ...(serverName === undefined ? {} : { serverName }),
                  resumed: resumed === true,
                },
              }),
        }
      }
      case 'link-closed':
        return { type: 'link-closed', link: entry.linkId, reason: entry.reason }
      case 'connected':
        return { type: 'connected', link: entry.linkId, identity: entry.identity }
      case 'disconnected':
        return { type: 'disconnected', link: entry.linkId, identity: entry.identity, reason: entry.reason }
      case 'refusal':
        return {
          ...{ type: 'refusal', error: entry.error, code: entry.code },
          ...(entry.linkId === undefined ? {} : { link: entry.linkId }),
          ...(entry.identity === undefined ? {} : { identity: entry.identity }),
          ...{ rule: entry.explanation.rule, received: this.#clean(entry.explanation.received) },
        }
      case 'request':
        return {
          type: 'request',
          method: entry.method,
          url: entry.url,
          status: entry.status,
          caller: entry.caller,
        }
      case 'operation': {
        const { operation, input } = entry
        if (operation !== 'uploadStart' && operation !== 'uploadFinish') return undefined
        const { isSuccess, statusCode } = input as { isSuccess?: boolean; statusCode?: number } // as the hub's schema has checked it
        return {
          type: 'upload',
          step: operation === 'uploadStart' ? 'start' : 'finish',
          what: {
            ...(isSuccess === undefined ? {} : { isSuccess }),
            ...(statusCode === undefined ? {} : { statusCode }),
          },
        }
      }
      case 'fault':
        return { type: 'fault', id: entry.faultId, name: entry.name, phase: entry.phase }
      case 'feedback':
        return {
          type: 'feedback',
          messageId: entry.record.originalMessageId,
          status: entry.record.statusCode,
        }
      case 'packet':
        return this.#packetOf(entry)
      default:
        return undefined
    }
  }

  #packetOf({
    linkId: link,
    direction: way,
    cmd,
    packet,
  }: Extract<JournalEntry, { type: 'packet' }>): NewEntry | undefined {
    const fields = packet as Packet // as the hub's codec reads and writes it
    const base = { type: 'packet', link, way } as const
    const id = fields.messageId ?? 0
    switch (cmd as PacketEntry['cmd']) {
      case 'connect': {
        const { clientId = '', username = '', keepalive = 0, clean = true, will, password } = fields
        this.#look(link, 'client id', clientId)
        this.#look(link, 'user name', username)
        const shown = password?.toString() ?? ''
        const token = shown.startsWith('SharedAccessSignature ') ? this.#tokenOf(shown) : undefined
        return {
          ...{
            ...base,
            cmd: 'connect',
            clientId: this.#clean(clientId),
            username: this.#clean(username),
            keepalive,
            clean,
          },
          ...(will === undefined
            ? {}
            : { will: { topic: this.#clean(will.topic), qos: will.qos, retain: will.retain === true } }),
          ...(token === undefined ? (shown === '' ? {} : { password: true }) : { token }),
        }
      }
      case 'connack':
        return {
          ...base,
          cmd: 'connack',
          code: fields.returnCode ?? 0,
          present: fields.sessionPresent === true,
        }
      case 'publish': {
        const { topic = '', qos = 0, dup = false, retain = false, payload = '' } = fields
        const body = Buffer.isBuffer(payload) ? payload : Buffer.from(payload)
        if (way === 'in') {
          this.#look(link, 'topic', topic)
          this.#look(link, 'body', body.toString('latin1'))
        }
        return {
          ...{ ...base, cmd: 'publish', topic: this.#clean(topic), qos, dup, retain, id, bytes: body.length },
          hash: createHash('sha256').update(body).digest('base64url').slice(0, 16),
          ...(body.length <= LONGEST_TEXT && isUtf8(body) ? { text: this.#clean(body.toString()) } : {}),
        }
      }
      case 'subscribe':
        return {
          ...base,
          cmd: 'subscribe',
          id,
          filters: (fields.subscriptions ?? []).map(({ topic, qos }) => ({ topic, qos })),
        }
      case 'unsubscribe':
        return { ...base, cmd: 'unsubscribe', id, filters: fields.unsubscriptions ?? [] }
      case 'puback':
      case 'suback':
      case 'unsuback':
        return { ...base, cmd: cmd as 'puback', id }
      case 'pingreq':
      case 'pingresp':
      case 'disconnect':
        return { ...base, cmd: cmd as 'pingreq' }
      default:
        return undefined
    }
  }

  #tokenOf(text: string): ShownToken {
    const fields = new Map<string, string>()
    for (const pair of text.slice('SharedAccessSignature '.length).split('&')) {
      const equals = pair.indexOf('=')
      fields.set(pair.slice(0, equals), pair.slice(equals + 1))
    }
    const [sr, se, skn] = [fields.get('sr'), fields.get('se'), fields.get('skn')]
    return {
      ...(sr === undefined ? {} : { sr: decoded(sr) }),
      ...(se === undefined ? {} : { se: Number(se) }),
      ...(skn === undefined || skn === '' ? {} : { skn: decoded(skn) }),
      print: createHash('sha256')
        .update(this.#salt)
        .update(`${sr ?? ''} ${se ?? ''}`)
        .digest('base64url')
        .slice(0, 12),
      ...(text.includes('(not percent-encoded)') ? { raw: true as const } : {}),
    }
  }

  /** Tells of each secret in what the device sent; the entry names it and does not repeat it. */
  #look(link: string, where: string, text: string): void {
    for (const [what, secret] of this.#options.secrets())
      if (secret !== '' && text.includes(secret)) this.record({ type: 'secret', link, where, what })
    if (/SharedAccessSignature\s+\S*sig=/.test(text))
      this.record({ type: 'secret', link, where, what: 'a token' })
  }

  #clean(text: string): string {
    let clean = text.replace(/(SharedAccessKey=|sig=)[^&;\s"']+/g, '$1***')
    for (const [, secret] of this.#options.secrets())
      if (secret !== '') clean = clean.replaceAll(secret, '***')
    return clean
  }
}

interface Packet {
  readonly messageId?: number
  readonly clientId?: string
  readonly username?: string
  readonly password?: Buffer | string
  readonly keepalive?: number
  readonly clean?: boolean
  readonly will?: { readonly topic: string; readonly qos: number; readonly retain?: boolean }
  readonly returnCode?: number
  readonly sessionPresent?: boolean
  readonly topic?: string
  readonly qos?: number
  readonly dup?: boolean
  readonly retain?: boolean
  readonly payload?: Buffer | string
  readonly subscriptions?: readonly { readonly topic: string; readonly qos: number }[]
  readonly unsubscriptions?: readonly string[]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
