/** Writes packets to one client, and journals the packets of both directions, until the connection ends. */

import type { Journal } from '../core/contract/journal.ts'
import type { FaultedStream } from '../net/stream.ts'

export class PacketWriter {
  readonly linkId: string
  /** `d1` or `d1/m1`, once CONNECT has passed authentication. */
  identity: string | undefined
  readonly #stream: FaultedStream
  readonly #journal: Journal
  #ended = false

  constructor(stream: FaultedStream, journal: Journal, linkId: string) {
    this.linkId = linkId
    this.#stream = stream
    this.#journal = journal
  }

  /** False once the connection has ended: nothing is written or journalled any more. */
  get open(): boolean {
    return !this.#ended
  }

  record(direction: 'in' | 'out', cmd: string, packet: object): void {
    const { linkId, identity } = this
    if (identity === undefined) this.#journal.record({ type: 'packet', linkId, direction, cmd, packet })
    else this.#journal.record({ type: 'packet', linkId, identity, direction, cmd, packet })
  }

  /** Whole packets. */
  write(bytes: Buffer): void {
    if (!this.#ended) this.#stream.write(bytes)
  }

  end(): void {
    this.#ended = true
  }
}
