/** One stream to a client: writing, the ways to end it, and the levers `tcp.*` that come between. */

import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import type { Json } from '../base/json.ts'

export interface PipeHandlers {
  onBytes(chunk: Buffer): void
  /** Once, with the reason for the journal. */
  onGone(reason: string): void
}

/** Effects of `tcp.*` that this room brings about on a stream; `refuse` is the listener's. */
export const STREAM_EFFECTS: readonly string[] = [
  'drop_now',
  'reset',
  'stall',
  'blackhole',
  'cut',
  'half_close',
  'split',
  'slow',
]

/** How long a client may take to close its side after the hub has closed its own. */
const LINGER_MS = 5_000

export class Pipe {
  readonly #stream: Duplex
  readonly #clock: Clock
  readonly #handlers: PipeHandlers
  readonly #reset: (() => void) | undefined
  #deaf = false
  #outgoing: ((bytes: Buffer) => void) | undefined
  #full = false
  #over = false
  #gone = false

  /** @param reset ends the connection with a TCP reset; left out: it is just destroyed. */
  constructor(stream: Duplex, clock: Clock, handlers: PipeHandlers, reset?: () => void) {
    this.#stream = stream
    this.#clock = clock
    this.#handlers = handlers
    this.#reset = reset
    stream.on('data', (chunk: Buffer) => {
      if (!this.#over && !this.#deaf) handlers.onBytes(chunk)
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
    if (this.#outgoing === undefined) this.#put(bytes)
    else this.#outgoing(bytes)
  }

  /** Gathers what is written until `uncork`. */
  cork(): void {
    this.#stream.cork()
  }

  uncork(): void {
    this.#stream.uncork()
  }

  /** Ends it after what has been written. */
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

  /** Ends it now, whatever is on its way. */
  destroy(): void {
    this.#over = true
    this.#stream.destroy()
  }

  /** Does what a lever wants. */
  strike(effect: string, parameters: Readonly<Record<string, Json>>): void {
    switch (effect) {
      case 'drop_now':
        this.#drop()
        return
      case 'reset':
        this.#lost('fault')
        this.#over = true
        if (this.#reset === undefined) this.#stream.destroy()
        else this.#reset()
        return
      case 'half_close':
        this.#stream.end()
        return
      case 'stall':
      case 'blackhole': {
        const direction = parameters['direction'] ?? 'both'
        if (direction !== 'out') this.#deaf = true
        if (direction !== 'in') this.#outgoing = () => undefined
        return
      }
      case 'cut':
        this.#cutAfter(numberOf(parameters['bytes'], 0))
        return
      case 'split':
        this.#outgoing = (bytes) => {
          for (let at = 0; at < bytes.length; at++) this.#put(bytes.subarray(at, at + 1))
        }
        return
      case 'slow':
        this.#slowDown(numberOf(parameters['bytesPerSecond'], 100))
        return
    }
  }

  #drop(): void {
    this.#lost('fault')
    this.destroy()
  }

  #cutAfter(bytes: number): void {
    let left = bytes
    this.#outgoing = (chunk) => {
      if (left <= 0) return
      this.#put(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) this.#drop()
    }
    if (left <= 0) this.#drop()
  }

  /** One write after the other, each as late as its bytes need on the hub's clock. */
  #slowDown(bytesPerSecond: number): void {
    let freeAt = this.#clock.now()
    this.#outgoing = (bytes) => {
      freeAt = Math.max(freeAt, this.#clock.now()) + (bytes.length / bytesPerSecond) * 1000
      this.#clock.schedule(freeAt - this.#clock.now(), () => {
        this.#put(bytes)
      })
    }
  }

  #put(bytes: Buffer): void {
    if (this.#over || !this.#stream.writable) return
    // A client that does not read its answers is not read either.
    if (this.#stream.write(bytes) || this.#full) return
    this.#full = true
    this.#stream.pause()
    this.#stream.once('drain', () => {
      this.#full = false
      this.#stream.resume()
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

/** A lever's number; its catalogue entry has checked it when it was armed. */
export function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
