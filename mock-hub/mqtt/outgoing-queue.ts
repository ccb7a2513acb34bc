/**
 * What goes to the client, in order: packets are written as they come, PUBACKs of one read together in one write,
 * and at most so many QoS 1 messages wait for their PUBACK (WIRE-SESS-18).
 */

import { publish } from './codec/packets.ts'

/** A message of the hub for this link. */
export interface Publication {
  readonly topic: string
  readonly payload: Buffer | string
  readonly qos: 0 | 1
  readonly dup?: boolean
  /** Names the message: while one of the same key is unacknowledged, it is repeated and not sent as a new one. */
  readonly key?: string | undefined
  /** The client has acknowledged it; QoS 0: it has been written. */
  readonly onDone?: (() => void) | undefined
}

export interface OutgoingQueuePort {
  /** Puts bytes on the wire. */
  write(bytes: Buffer): void
  /** Tells the journal. */
  recordOut(cmd: string, packet: object): void
}

/** PUBACKs are gathered here during one turn. All links share it: ten thousand idle ones need no buffer each. */
const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024)
const PUBACK_SIZE = 4
let scratchOwner: OutgoingQueue | undefined

export class OutgoingQueue {
  readonly #port: OutgoingQueuePort
  readonly #limit: number
  /** Made when first needed: most links of a large fleet are idle. */
  #unacknowledged: Map<number, Publication> | undefined
  #waiting: Publication[] | undefined
  /** Packet ids of the session's earlier connection, by key: what is sent again keeps its own (MQTT-4.4.0-1). */
  #formerIds: ReadonlyMap<string, number> | undefined
  #nextId = 1
  #corked = false
  #gathered = 0

  /** @param limit unacknowledged QoS 1 messages at a time. */
  constructor(port: OutgoingQueuePort, limit: number) {
    this.#port = port
    this.#limit = limit
  }

  /** Packet ids of what is unacknowledged, by key; undefined: there is none. */
  get unacknowledgedIds(): ReadonlyMap<string, number> | undefined {
    if (this.#unacknowledged === undefined || this.#unacknowledged.size === 0) return undefined
    const ids = new Map<string, number>()
    for (const [packetId, { key }] of this.#unacknowledged) if (key !== undefined) ids.set(key, packetId)
    return ids
  }

  /** Goes on with a stored session. */
  resume(formerIds: ReadonlyMap<string, number> | undefined): void {
    this.#formerIds = formerIds
  }

  /** Until `uncork`, PUBACKs are held; they leave before any other packet. */
  cork(): void {
    this.#corked = true
  }

  uncork(): void {
    this.#corked = false
    this.flush()
  }

  /** Whole packets, ready made. */
  send(bytes: Buffer): void {
    this.flush()
    this.#port.write(bytes)
  }

  puback(packetId: number): void {
    this.#port.recordOut('puback', { cmd: 'puback', messageId: packetId })
    if (this.#gathered + PUBACK_SIZE > SCRATCH.length) this.flush()
    if (scratchOwner !== this) {
      if (scratchOwner !== undefined) scratchOwner.flush()
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- a note of whose bytes they are
      scratchOwner = this
    }
    const at = this.#gathered
    SCRATCH[at] = 0x40
    SCRATCH[at + 1] = 2
    SCRATCH[at + 2] = packetId >> 8
    SCRATCH[at + 3] = packetId & 0xff
    this.#gathered = at + PUBACK_SIZE
    if (!this.#corked) this.flush()
  }

  publish(publication: Publication): void {
    if (publication.qos === 0) {
      this.#write(publication, 0)
      publication.onDone?.()
      return
    }
    if (publication.key !== undefined && this.#repeat(publication, publication.key)) return
    if ((this.#unacknowledged?.size ?? 0) < this.#limit) this.#start(publication)
    else (this.#waiting ??= []).push(publication)
  }

  /** A PUBACK has come. @returns false: for a packet id that waits for none. */
  acknowledged(packetId: number): boolean {
    const publication = this.#unacknowledged?.get(packetId)
    if (publication === undefined) return false
    this.#unacknowledged?.delete(packetId)
    const next = this.#waiting?.shift()
    if (next !== undefined) this.#start(next)
    publication.onDone?.()
    return true
  }

  #start(publication: Publication): void {
    this.#unacknowledged ??= new Map()
    const former = publication.key === undefined ? undefined : this.#formerIds?.get(publication.key)
    const packetId =
      former === undefined || this.#unacknowledged.has(former) ? this.#freeId(this.#unacknowledged) : former
    this.#unacknowledged.set(packetId, publication)
    this.#write(publication, packetId)
  }

  /** Same message again: with its old packet id and DUP when it was sent (MQTT-3.3.1-1), in its old place when not. */
  #repeat(publication: Publication, key: string): boolean {
    for (const [packetId, sent] of this.#unacknowledged ?? []) {
      if (sent.key !== key) continue
      const again = { ...publication, dup: true }
      this.#unacknowledged?.set(packetId, again)
      this.#write(again, packetId)
      return true
    }
    const waiting = this.#waiting ?? []
    const place = waiting.findIndex((other) => other.key === key)
    if (place < 0) return false
    waiting[place] = publication
    return true
  }

  #write({ topic, payload, qos, dup = false }: Publication, packetId: number): void {
    const messageId = packetId === 0 ? undefined : packetId
    this.#port.recordOut('publish', {
      cmd: 'publish',
      topic,
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
      qos,
      dup,
      retain: false,
      messageId,
    })
    this.send(publish(topic, payload, packetId, dup && packetId !== 0))
  }

  #freeId(taken: ReadonlyMap<number, Publication>): number {
    while (taken.has(this.#nextId)) this.#advance()
    const id = this.#nextId
    this.#advance()
    return id
  }

  #advance(): void {
    this.#nextId = this.#nextId === 0xffff ? 1 : this.#nextId + 1
  }

  /** PUBACKs held so far leave now. */
  flush(): void {
    if (this.#gathered === 0) return
    const bytes = Buffer.from(SCRATCH.subarray(0, this.#gathered))
    this.#gathered = 0
    scratchOwner = undefined
    this.#port.write(bytes)
  }
}
