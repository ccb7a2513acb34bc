/**
 * One stream to a client: reading with back-pressure, writing, the ways to close it, and the faults `tcp.*` in between. Bytes
 * leave when all that the hub did before them is stored.
 */

import type { Duplex } from 'node:stream'
import { Gate } from '../base/gate.ts'
import type { Commits } from '../core/contract/store/commits.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { FaultMatch } from '../core/contract/faults.ts'
import { streamFilter, type StreamFilter, type StreamOutput } from './stream-faults.ts'

export interface StreamHandlers {
  onBytes(chunk: Buffer): void
  /** Called once, with the reason for the journal. */
  onGone(reason: string): void
  /** Called once: more bytes than allowed wait for the client, which does not read. The stream should be destroyed. */
  onUnread?(bytes: number): void
  /** The client has read all that was written. */
  onDrained?(): void
}

export interface StreamOptions {
  /** Ends the connection with a TCP reset. Default: `tcp.reset` destroys the stream. */
  readonly reset?: (() => void) | undefined
  /** Bytes that may wait for a client that does not read. Default: any number. */
  readonly maxUnreadBytes?: number | undefined
}

/** Bytes that may wait for the client before it counts as one that has not read: readers expect many messages at once. */
const SEND_AHEAD_BYTES = 1_048_576
/** Of the bytes that may wait at most, the share that is sent ahead. */
const SEND_AHEAD_SHARE = 0.25
/** How long a client may take to close its side after the hub has closed its own. */
const LINGER_MS = 5_000

export class FaultedStream {
  readonly #stream: Duplex
  readonly #handlers: StreamHandlers
  readonly #reset: (() => void) | undefined
  readonly #maxUnread: number
  readonly #output: StreamOutput
  readonly #commits: Commits
  readonly #gate: Gate
  #filter: StreamFilter | undefined
  #forgetFault: () => void = () => undefined
  /** The protocol asks for no more bytes until `release`. */
  #paused = false
  /** More waits to be stored than should. */
  #congested = false
  /** More has been written than the client has read. */
  #full = false
  #corked = false
  /** The hub has closed it: nothing more is read or written, but held bytes may still leave. */
  #closing = false
  #destroyed = false
  #gone = false
  /** `onUnread` has been called. */
  #overfull = false

  constructor(
    stream: Duplex,
    { clock, commits }: Pick<Hub, 'clock' | 'commits'>,
    handlers: StreamHandlers,
    { reset, maxUnreadBytes = Infinity }: StreamOptions = {},
  ) {
    this.#commits = commits
    this.#gate = new Gate(
      () => commits.committed(),
      (run) => {
        stream.cork()
        run()
        stream.uncork()
      },
    )
    this.#stream = stream
    this.#handlers = handlers
    this.#reset = reset
    this.#maxUnread = maxUnreadBytes
    this.#output = {
      clock,
      put: (bytes) => {
        this.#put(bytes)
      },
      lose: () => {
        this.#lose()
      },
    }
    stream.on('data', (chunk: Buffer) => {
      if (!this.#closing && this.#filter?.incoming !== 'discard') handlers.onBytes(chunk)
      if (commits.congested) this.#waitForStore()
    })
    stream.on('end', () => {
      this.#ended('closed by the client')
    })
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#ended(`broken: ${error.code ?? error.message}`)
    })
    stream.on('close', () => {
      this.#ended('closed')
    })
  }

  /** The client has not read much of what was written: what can wait should wait for `onDrained`. */
  get congested(): boolean {
    return this.#full && this.unread >= Math.min(SEND_AHEAD_BYTES, this.#maxUnread * SEND_AHEAD_SHARE)
  }

  /** Bytes that wait for the client. */
  get unread(): number {
    return this.#stream.writableLength
  }

  write(bytes: Buffer): void {
    if (this.#closing) return
    if (this.#gate.isOpen) this.#forward(bytes)
    else
      this.#gate.pass(() => {
        this.#forward(bytes)
      })
  }

  /** Gathers what is written until `uncork`, so that it leaves in one piece. A fault that shapes output prevents it. */
  cork(): void {
    if (this.#filter?.outgoing !== undefined) return
    this.#corked = true
    this.#stream.cork()
  }

  uncork(): void {
    if (!this.#corked) return
    this.#corked = false
    this.#stream.uncork()
  }

  /** Reads no further until `release`; TCP makes the client wait. */
  hold(): void {
    this.#paused = true
    this.#updateReading()
  }

  release(): void {
    this.#paused = false
    this.#updateReading()
  }

  /** Does what a fault `tcp.*` says. It replaces the one before it, and lasts until its own end. */
  inject(match: FaultMatch): void {
    switch (match.effect) {
      case 'drop_now':
        this.#lose()
        return
      case 'reset':
        this.#tellGone('fault')
        this.uncork()
        this.#closing = true
        this.#dropFault()
        if (this.#reset === undefined) this.destroy()
        else this.#reset()
        return
      case 'half_close':
        this.#stream.end()
        return
      default: {
        this.#endFault()
        const filter = streamFilter(match, this.#output)
        if (filter === undefined || this.#gone) return
        this.uncork()
        this.#filter = filter
        this.#forgetFault = match.onEnd(() => {
          this.#endFault()
        })
        this.#updateReading()
      }
    }
  }

  /** Closes it after what has been written. */
  hangUp(): void {
    if (this.#closing) return
    this.#closing = true
    const end = (): void => {
      this.#end()
    }
    const close = (): void => {
      const outgoing = this.#filter?.outgoing
      if (outgoing?.beforeClose === undefined) end()
      else outgoing.beforeClose(end)
    }
    if (this.#gate.holds) this.#gate.pass(close)
    else close()
  }

  /** Ends it at once; what has not been sent is lost, but what is gathered is sent. */
  destroy(): void {
    this.uncork()
    this.#closing = true
    this.#destroyed = true
    this.#gate.clear()
    this.#dropFault()
    this.#stream.destroy()
  }

  #end(): void {
    const stream = this.#stream
    const cancel = this.#output.clock.schedule(LINGER_MS, () => stream.destroy())
    stream.once('close', cancel)
    stream.end()
    // Unread bytes would turn the close into a reset, and the client would lose what was written before it.
    stream.resume()
  }

  #forward(bytes: Buffer): void {
    const outgoing = this.#filter?.outgoing
    if (outgoing === undefined) this.#put(bytes)
    else outgoing.write(bytes)
  }

  /** The client is read no further until the store has caught up; TCP makes it wait. */
  #waitForStore(): void {
    const ticket = this.#congested ? undefined : this.#commits.committed()
    if (ticket === undefined) return
    this.#congested = true
    this.#updateReading()
    void ticket.then(() => {
      this.#congested = false
      this.#updateReading()
    })
  }

  #put(bytes: Buffer): void {
    if (this.#destroyed || !this.#stream.writable) return
    // A client that does not read its answers is not read either.
    const room = this.#stream.write(bytes)
    if (this.unread > this.#maxUnread && !this.#overfull) {
      this.#overfull = true
      this.#handlers.onUnread?.(this.unread)
    }
    if (room || this.#full) return
    this.#full = true
    this.#updateReading()
    this.#stream.once('drain', () => {
      this.#full = false
      this.#updateReading()
      if (!this.#closing) this.#handlers.onDrained?.()
    })
  }

  #updateReading(): void {
    if (this.#paused || this.#full || this.#congested || this.#filter?.incoming === 'hold')
      this.#stream.pause()
    else this.#stream.resume()
  }

  #endFault(): void {
    const filter = this.#filter
    if (filter === undefined) return
    this.#filter = undefined
    this.#forgetFault()
    filter.outgoing?.release?.()
    this.#updateReading()
  }

  #dropFault(): void {
    this.#forgetFault()
    this.#filter?.outgoing?.drop?.()
    this.#filter = undefined
  }

  /** Ends it as a connection that breaks. */
  #lose(): void {
    // The adapter may first write what it has gathered.
    this.#tellGone('fault')
    this.destroy()
  }

  #ended(reason: string): void {
    this.#closing = true
    this.#tellGone(reason)
    this.#gate.clear()
    this.#dropFault()
    if (!this.#stream.destroyed && this.#stream.readableEnded) this.#stream.end()
  }

  #tellGone(reason: string): void {
    if (this.#gone) return
    this.#gone = true
    this.#handlers.onGone(reason)
  }
}
