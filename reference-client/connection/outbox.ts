/**
 * The QoS 1 publishes, from the call until the acknowledgement. At most {@link WINDOW} are in flight, the rest is
 * queued (SRC-28). On a new link the outbox first resends what was in flight, in order, with DUP and its packet id
 * (SRC-04).
 */

import type { Link, ConnectionAware } from '../core/ports.ts'

/** The most publishes in flight, as in the Python SDK (docs/contract/client/timing.md#client-timing). */
export const WINDOW = 20

/** One publish, and the callbacks for its outcome. */
export interface Publication {
  readonly topic: string
  readonly payload: string | Uint8Array
  /** The hub acknowledged it. */
  readonly delivered: () => void
  readonly failed: (error: Error) => void
}

interface Sent {
  readonly packetId: number
  readonly publication: Publication
}

/** Allocates packet ids from 1 to 65535 that are not in use. */
export class PacketIds {
  #last = 0
  readonly #inUse: (packetId: number) => boolean

  constructor(inUse: (packetId: number) => boolean) {
    this.#inUse = inUse
  }

  next(): number {
    do this.#last = (this.#last % 65_535) + 1
    while (this.#inUse(this.#last))
    return this.#last
  }
}

export class Outbox implements ConnectionAware {
  #link: Link | undefined
  readonly #sent = new Map<number, Sent>()
  #queue: Publication[] = []
  #head = 0
  #capacityWaiters: (() => void)[] = []
  readonly #ids = new PacketIds((packetId) => this.#sent.has(packetId))

  /** The number of publishes without acknowledgement, in flight or queued. */
  get pending(): number {
    return this.#sent.size + this.#queue.length - this.#head
  }

  /** @returns a function that cancels the publication: it is not sent, or not sent again. */
  post(publication: Publication): () => void {
    if (this.#link !== undefined && this.#sent.size < WINDOW && this.#head === this.#queue.length) {
      this.#send(this.#link, publication)
    } else {
      this.#queue.push(publication)
    }
    return () => {
      this.#cancel(publication)
    }
  }

  /** Settles when the next publish can be sent without waiting for others. */
  capacity(): Promise<void> {
    if (this.pending < WINDOW) return Promise.resolve()
    return new Promise((resolve) => {
      this.#capacityWaiters.push(resolve)
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
    const publications = [
      ...[...this.#sent.values()].map(({ publication }) => publication),
      ...this.#queue.slice(this.#head),
    ]
    this.#sent.clear()
    this.#queue = []
    this.#head = 0
    for (const publication of publications) publication.failed(error())
    this.#announceCapacity()
  }

  #pump(): void {
    const link = this.#link
    if (link === undefined) return
    while (this.#sent.size < WINDOW) {
      const publication = this.#queue[this.#head]
      if (publication === undefined) break
      this.#head += 1
      this.#send(link, publication)
    }
    if (this.#head > 1_000 || this.#head === this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
  }

  #send(link: Link, publication: Publication): void {
    const sent: Sent = { packetId: this.#ids.next(), publication }
    this.#sent.set(sent.packetId, sent)
    this.#transmit(link, sent, false)
  }

  #transmit(link: Link, sent: Sent, dup: boolean): void {
    const { packetId, publication } = sent
    link.publish(packetId, publication.topic, publication.payload, dup, () => {
      if (this.#sent.get(packetId) !== sent) return // released in the meantime
      this.#sent.delete(packetId)
      publication.delivered()
      if (this.#head < this.#queue.length) this.#pump()
      if (this.#capacityWaiters.length > 0) this.#announceCapacity()
    })
  }

  #cancel(publication: Publication): void {
    const index = this.#queue.indexOf(publication, this.#head)
    if (index >= 0) this.#queue.splice(index, 1)
    for (const [packetId, sent] of this.#sent)
      if (sent.publication === publication) this.#sent.delete(packetId)
    this.#pump()
    this.#announceCapacity()
  }

  #announceCapacity(): void {
    let capacity = WINDOW - this.pending
    while (capacity-- > 0) {
      const waiter = this.#capacityWaiters.shift()
      if (waiter === undefined) return
      waiter()
    }
  }
}
