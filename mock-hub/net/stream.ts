/** One stream to a client: reading with back-pressure, writing, and the ways to end it. */

import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'

export interface StreamHandlers {
  onBytes(chunk: Buffer): void
  /** Once, with the reason for the journal. */
  onGone(reason: string): void
}

/** How long a client may take to close its side after the hub has closed its own. */
const LINGER_MS = 5_000

/** What a fault on the socket may put between the link and the stream. */
export interface StreamFilter {
  /** @returns what is let through; undefined: nothing. */
  incoming?(chunk: Buffer): Buffer | undefined
  /** Writes, now or later, in its own way. */
  outgoing?(bytes: Buffer, write: (bytes: Buffer) => void): void
}

export class FaultedStream {
  readonly #stream: Duplex
  readonly #clock: Clock
  readonly #handlers: StreamHandlers
  #interference: StreamFilter | undefined
  #held = false
  /** More has been written than the client has read. */
  #full = false
  #over = false
  #gone = false

  constructor(stream: Duplex, clock: Clock, handlers: StreamHandlers) {
    this.#stream = stream
    this.#clock = clock
    this.#handlers = handlers
    stream.on('data', (chunk: Buffer) => {
      this.#received(chunk)
    })
    stream.on('end', () => {
      this.#lost('closed by the client')
    })
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#lost(`broken: ${error.code ?? error.message}`)
    })
    stream.on('close', () => {
      this.#lost('closed')
    })
  }

  write(bytes: Buffer): void {
    if (this.#over) return
    if (this.#interference?.outgoing === undefined) this.#put(bytes)
    else
      this.#interference.outgoing(bytes, (let_) => {
        this.#put(let_)
      })
  }

  /** Reads no further until `release`; TCP tells the client to wait. */
  hold(): void {
    this.#held = true
    this.#stream.pause()
  }

  release(): void {
    this.#held = false
    if (!this.#full) this.#stream.resume()
  }

  filter(interference: StreamFilter | undefined): void {
    this.#interference = interference
  }

  /** A bare close, after what has been written: no MQTT packet says why (wire contract 1.11). */
  hangUp(): void {
    if (this.#over) return
    this.#over = true
    const stream = this.#stream
    const cancel = this.#clock.schedule(LINGER_MS, () => stream.destroy())
    stream.once('close', cancel)
    stream.end()
    // Unread bytes would turn the close into a reset, and the client would lose what was written before it.
    stream.resume()
  }

  /** Ends only the hub's side; what the client sends is still read. */
  halfClose(): void {
    this.#stream.end()
  }

  /** Ends it now, whatever is on its way. */
  destroy(): void {
    this.#over = true
    this.#stream.destroy()
  }

  /** Nothing is written or read any more; the stream itself is somebody else's to end. */
  abandon(): void {
    this.#over = true
  }

  #received(chunk: Buffer): void {
    if (this.#over) return
    const passed = this.#interference?.incoming === undefined ? chunk : this.#interference.incoming(chunk)
    if (passed !== undefined) this.#handlers.onBytes(passed)
  }

  #put(bytes: Buffer): void {
    if (this.#over || !this.#stream.writable) return
    // A client that does not read its answers is not read either.
    if (this.#stream.write(bytes) || this.#full) return
    this.#full = true
    this.#stream.pause()
    this.#stream.once('drain', () => {
      this.#full = false
      if (!this.#held) this.#stream.resume()
    })
  }

  #lost(reason: string): void {
    if (this.#gone) return
    this.#gone = true
    this.#over = true
    this.#handlers.onGone(reason)
    if (!this.#stream.destroyed && this.#stream.readableEnded) this.#stream.end()
  }
}
