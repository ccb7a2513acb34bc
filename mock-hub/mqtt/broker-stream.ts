/** The stream that the broker takes for a client's socket; the other end is the gate. */

import { Duplex } from 'node:stream'

type Done = (error?: Error | null) => void

/** What the broker writes goes to `onBytes`; what the gate lets through is given to `feed`. */
export class BrokerStream extends Duplex {
  readonly #onBytes: (bytes: Buffer) => void

  constructor(onBytes: (bytes: Buffer) => void) {
    super({ allowHalfOpen: false })
    this.#onBytes = onBytes
  }

  feed(frame: Buffer): void {
    if (!this.destroyed) this.push(frame)
  }

  override _read(): void {
    // Frames are pushed as they pass the gate.
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#onBytes(chunk)
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#onBytes(Buffer.concat(chunks.map(({ chunk }) => chunk)))
    done()
  }
}
