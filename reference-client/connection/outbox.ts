/**
 * What is on its way to the hub: QoS 1 publishes from the call until the acknowledgement. At most {@link WINDOW} are on
 * the wire, the rest waits its turn (SRC-28). After a lost link what was on the wire goes out again first, in order,
 * with DUP and its packet id (SRC-04).
 */

import type { Link, ConnectionAware } from '../core/ports.ts'

/**
 * Unacknowledged publishes on the wire at a time; the original's limit (docs/contract/client/timing.md#client-timing).
 */
export const WINDOW = 20

/** One publish and whom to tell. */
export interface Parcel {
  readonly topic: string
  readonly payload: string | Uint8Array
  /** Acknowledged by the hub. */
  readonly delivered: () => void
  readonly failed: (error: Error) => void
}

interface Sent {
  readonly packetId: number
  readonly parcel: Parcel
}

/** Packet ids, 1 to 65535, shared by everything that needs one on a link. */
export class PacketIds {
  #last = 0
  readonly #taken: (packetId: number) => boolean

  constructor(taken: (packetId: number) => boolean) {
    this.#taken = taken
  }

  next(): number {
    do this.#last = (this.#last % 65_535) + 1
    while (this.#taken(this.#last))
    return this.#last
  }
}

export class Outbox implements ConnectionAware {
  #link: Link | undefined
  readonly #sent = new Map<number, Sent>()
  #queue: Parcel[] = []
  #head = 0
  #roomWaiters: (() => void)[] = []
  readonly #ids = new PacketIds((packetId) => this.#sent.has(packetId))

  /** Publishes that are not yet acknowledged, on the wire or waiting. */
  get pending(): number {
    return this.#sent.size + this.#queue.length - this.#head
  }

  /** @returns takes the parcel back: it is not sent, or not sent again. */
  post(parcel: Parcel): () => void {
    if (this.#link !== undefined && this.#sent.size < WINDOW && this.#head === this.#queue.length) {
      this.#send(this.#link, parcel)
    } else {
      this.#queue.push(parcel)
    }
    return () => {
      this.#takeBack(parcel)
    }
  }

  /** Settles when the next publish would go out without waiting for others. */
  room(): Promise<void> {
    if (this.pending < WINDOW) return Promise.resolve()
    return new Promise((resolve) => {
      this.#roomWaiters.push(resolve)
    })
  }

  attach(link: Link): void {
    this.#link = link
    for (const sent of this.#sent.values()) this.#transmit(link, sent, true)
    this.#pump()
  }

  detach(): void {
    this.#link = undefined
  }

  release(error: () => Error): void {
    const parcels = [
      ...[...this.#sent.values()].map(({ parcel }) => parcel),
      ...this.#queue.slice(this.#head),
    ]
    this.#sent.clear()
    this.#queue = []
    this.#head = 0
    for (const parcel of parcels) parcel.failed(error())
    this.#announceRoom()
  }

  #pump(): void {
    const link = this.#link
    if (link === undefined) return
    while (this.#sent.size < WINDOW) {
      const parcel = this.#queue[this.#head]
      if (parcel === undefined) break
      this.#head += 1
      this.#send(link, parcel)
    }
    if (this.#head > 1_000 || this.#head === this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
  }

  #send(link: Link, parcel: Parcel): void {
    const sent: Sent = { packetId: this.#ids.next(), parcel }
    this.#sent.set(sent.packetId, sent)
    this.#transmit(link, sent, false)
  }

  #transmit(link: Link, sent: Sent, dup: boolean): void {
    const { packetId, parcel } = sent
    link.publish(packetId, parcel.topic, parcel.payload, dup, () => {
      if (this.#sent.get(packetId) !== sent) return // released meanwhile
      this.#sent.delete(packetId)
      parcel.delivered()
      if (this.#head < this.#queue.length) this.#pump()
      if (this.#roomWaiters.length > 0) this.#announceRoom()
    })
  }

  #takeBack(parcel: Parcel): void {
    const index = this.#queue.indexOf(parcel, this.#head)
    if (index >= 0) this.#queue.splice(index, 1)
    for (const [packetId, sent] of this.#sent) if (sent.parcel === parcel) this.#sent.delete(packetId)
    this.#pump()
    this.#announceRoom()
  }

  #announceRoom(): void {
    let room = WINDOW - this.pending
    while (room-- > 0) {
      const waiter = this.#roomWaiters.shift()
      if (waiter === undefined) return
      waiter()
    }
  }
}
