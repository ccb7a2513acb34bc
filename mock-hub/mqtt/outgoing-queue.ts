/**
 * What the hub sends to one client, in order. Packets are written as they come, the PUBACKs of one read are written
 * together, and a limited number of QoS 1 messages waits for PUBACK at a time (WIRE-SESS-18).
 */

import { publish } from './codec/packets.ts'
import type { PacketWriter } from './packet-writer.ts'

/** A message of the hub for one client. */
export interface Publication {
  readonly topic: string
  readonly payload: Buffer | string
  readonly qos: 0 | 1
  readonly dup?: boolean
  /** Names the message: while one with the same key is unacknowledged, it is sent again and not as a new one. */
  readonly key?: string | undefined
  /** Called when the client has acknowledged it; with QoS 0: when it has been written. */
  readonly onDone?: (() => void) | undefined
}

export interface OutgoingLimits {
  /** QoS 1 messages that wait for PUBACK at a time. */
  readonly maxUnacknowledged: number
  /** Bytes of the messages that wait for their turn. */
  readonly maxUnreadBytes: number
}

/** PUBACKs of one read are collected here. All connections share it, so that an idle one needs no buffer. */
const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024)
const PUBACK_SIZE = 4
let scratchOwner: OutgoingQueue | undefined

export class OutgoingQueue {
  readonly #writer: PacketWriter
  readonly #limits: OutgoingLimits
  readonly #onOverflow: (bytes: number) => void
  /** Created when first needed: most connections of a large fleet are idle. */
  #unacknowledged: Map<number, Publication> | undefined
  #waiting: Publication[] | undefined
  /** Bytes of the payloads in `#waiting`. */
  #waitingBytes = 0
  /** Packet ids that the session's earlier connection used, by key: a message keeps its id (MQTT-4.4.0-1). */
  #formerIds: ReadonlyMap<string, number> | undefined
  /** Called when a message with a key is sent or acknowledged. */
  onUnacknowledged: (() => void) | undefined
  #nextId = 1
  #corked = false
  #collected = 0

  /** @param onOverflow called when more bytes wait than allowed. */
  constructor(writer: PacketWriter, limits: OutgoingLimits, onOverflow: (bytes: number) => void) {
    this.#writer = writer
    this.#limits = limits
    this.#onOverflow = onOverflow
  }

  /** Packet ids of unacknowledged messages, by key; undefined: there are none. */
  get unacknowledgedIds(): ReadonlyMap<string, number> | undefined {
    if (this.#unacknowledged === undefined || this.#unacknowledged.size === 0) return undefined
    const ids = new Map<string, number>()
    for (const [packetId, { key }] of this.#unacknowledged) if (key !== undefined) ids.set(key, packetId)
    return ids
  }

  /** Continues a stored session. */
  resume(formerIds: ReadonlyMap<string, number> | undefined): void {
    this.#formerIds = formerIds
  }

  /** Holds PUBACKs until `uncork`, or until another packet is sent. */
  cork(): void {
    this.#corked = true
  }

  uncork(): void {
    this.#corked = false
    this.flush()
  }

  /** Sends whole packets. */
  send(bytes: Buffer): void {
    this.flush()
    this.#writer.write(bytes)
  }

  puback(packetId: number): void {
    if (!this.#writer.open) return
    this.#writer.record('out', 'puback', { cmd: 'puback', messageId: packetId })
    if (this.#collected + PUBACK_SIZE > SCRATCH.length) this.flush()
    if (scratchOwner !== this) {
      if (scratchOwner !== undefined) scratchOwner.flush()
      // oxlint-disable-next-line typescript/no-this-alias -- whose bytes SCRATCH holds
      scratchOwner = this
    }
    const at = this.#collected
    SCRATCH[at] = 0x40
    SCRATCH[at + 1] = 2
    SCRATCH[at + 2] = packetId >> 8
    SCRATCH[at + 3] = packetId & 0xff
    this.#collected = at + PUBACK_SIZE
    if (!this.#corked) this.flush()
  }

  publish(publication: Publication): void {
    if (publication.qos === 0) {
      this.#write(publication, 0)
      publication.onDone?.()
      return
    }
    if (publication.key !== undefined && this.#repeat(publication, publication.key)) return
    if ((this.#unacknowledged?.size ?? 0) < this.#limits.maxUnacknowledged) {
      this.#start(publication)
      return
    }
    ;(this.#waiting ??= []).push(publication)
    this.#waitingBytes += publication.payload.length
    if (this.#waitingBytes > this.#limits.maxUnreadBytes) this.#onOverflow(this.#waitingBytes)
  }

  /** The client has sent PUBACK. @returns false: no message with this packet id waits for one. */
  acknowledged(packetId: number): boolean {
    const publication = this.#unacknowledged?.get(packetId)
    if (publication === undefined) return false
    this.#unacknowledged?.delete(packetId)
    if (publication.key !== undefined) this.onUnacknowledged?.()
    const next = this.#waiting?.shift()
    if (next !== undefined) {
      this.#waitingBytes -= next.payload.length
      this.#start(next)
    }
    publication.onDone?.()
    return true
  }

  #start(publication: Publication): void {
    this.#unacknowledged ??= new Map()
    const former = publication.key === undefined ? undefined : this.#formerIds?.get(publication.key)
    const packetId =
      former === undefined || this.#unacknowledged.has(former) ? this.#freeId(this.#unacknowledged) : former
    this.#unacknowledged.set(packetId, publication)
    if (publication.key !== undefined) this.onUnacknowledged?.()
    this.#write(publication, packetId)
  }

  /** The same message again: with its packet id and DUP if it was sent (MQTT-3.3.1-1), else in its place in the queue. */
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
    this.#writer.record('out', 'publish', {
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

  /** Sends the PUBACKs held so far. */
  flush(): void {
    if (this.#collected === 0) return
    const bytes = Buffer.from(SCRATCH.subarray(0, this.#collected))
    this.#collected = 0
    scratchOwner = undefined
    this.#writer.write(bytes)
  }
}
