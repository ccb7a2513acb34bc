/** Faults `tcp.*` on an open stream: what each one does to the bytes that pass, until it ends. */

import type { Clock } from '../base/clock.ts'
import { numberParameter, type FaultMatch, type Faults } from '../core/contract/faults.ts'

/** Effects of `tcp.*` on a stream that is open or has just been accepted; `refuse` concerns the listener. */
export const STREAM_EFFECTS: readonly string[] = [
  'drop_now',
  'reset',
  'stall',
  'blackhole',
  'cut',
  'half_close',
  'split',
  'slow',
  'delay',
  'coalesce',
]

/**
 * Calls `inject` for each stream fault that is armed, so that it fires on connections that are already open.
 * @returns stops listening.
 */
export function onStreamFaultArmed(faults: Faults, inject: (effects: readonly string[]) => void): () => void {
  return faults.onChange(({ name }, phase) => {
    const effect = name.startsWith('tcp.') ? name.slice('tcp.'.length) : ''
    if (phase === 'armed' && STREAM_EFFECTS.includes(effect)) inject([effect])
  })
}

/** What a fault puts between the hub and one stream. */
export interface StreamFilter {
  /** `hold`: nothing is read, TCP makes the client wait. `discard`: what arrives is dropped. Left out: unchanged. */
  readonly incoming?: 'hold' | 'discard' | undefined
  /** Takes what the hub writes. Left out: unchanged. */
  readonly outgoing?: OutgoingFilter | undefined
}

/** The optional parts concern filters that hold bytes back. */
export interface OutgoingFilter {
  /** Passes the bytes on, now or later, in order. */
  write(bytes: Buffer): void
  /** Calls `then` when the hub's close may follow: after the bytes that are held, or when the fault ends. */
  beforeClose?(then: () => void): void
  /** The fault has ended: what is held passes on. */
  release?(): void
  /** The stream is gone: what is held is dropped. */
  drop?(): void
}

/** What a filter can do to its stream. */
export interface StreamOutput {
  readonly clock: Clock
  /** Writes to the client. */
  put(bytes: Buffer): void
  /** Ends the connection at once, as if the network had gone. */
  lose(): void
}

/** @returns undefined: the effect is over at once, or is none of a stream. */
export function streamFilter(match: FaultMatch, output: StreamOutput): StreamFilter | undefined {
  const ms = numberParameter(match, 'seconds', 1) * 1000
  switch (match.effect) {
    case 'stall':
      return directed(match, 'hold', new HeldOutput(output, { dueIn: () => undefined, holdsClose: true }))
    case 'blackhole':
      return directed(match, 'discard', new DiscardedOutput())
    case 'cut':
      return cutAfter(numberParameter(match, 'bytes', 0), output)
    case 'split':
      return { outgoing: splitting(output) }
    case 'slow':
      return {
        outgoing: new HeldOutput(output, {
          dueIn: paced(output.clock, numberParameter(match, 'bytesPerSecond', 100)),
        }),
      }
    case 'delay':
      return { outgoing: new HeldOutput(output, { dueIn: () => ms }) }
    case 'coalesce':
      return {
        outgoing: new HeldOutput(output, {
          dueIn: (_bytes, held) => (held === 0 ? ms : undefined),
          together: true,
        }),
      }
    default:
      return undefined
  }
}

function directed(
  { parameters }: FaultMatch,
  incoming: NonNullable<StreamFilter['incoming']>,
  outgoing: OutgoingFilter,
): StreamFilter {
  const { direction = 'both' } = parameters
  return {
    incoming: direction === 'out' ? undefined : incoming,
    outgoing: direction === 'in' ? undefined : outgoing,
  }
}

/** Lets so many bytes through, then loses the connection, possibly within a packet. */
function cutAfter(bytes: number, output: StreamOutput): StreamFilter | undefined {
  let left = bytes
  if (left <= 0) {
    output.lose()
    return undefined
  }
  return {
    outgoing: {
      write(chunk) {
        output.put(chunk.subarray(0, left))
        left -= chunk.length
        if (left <= 0) output.lose()
      },
    },
  }
}

/** Writes each byte separately. */
function splitting(output: StreamOutput): OutgoingFilter {
  return {
    write(bytes) {
      for (let at = 0; at < bytes.length; at++) output.put(bytes.subarray(at, at + 1))
    },
  }
}

/** Each write waits for the one before it, and then for as long as its own bytes take. */
function paced(clock: Clock, bytesPerSecond: number): (bytes: Buffer) => number {
  let freeAt = clock.now()
  return (bytes) => {
    freeAt = Math.max(freeAt, clock.now()) + (bytes.length / bytesPerSecond) * 1000
    return freeAt - clock.now()
  }
}

interface Holding {
  /** Ms until a write is due, given how many are held before it; undefined: none of its own. */
  readonly dueIn: (bytes: Buffer, held: number) => number | undefined
  /** When a write is due, all that are held pass on in one piece; left out: the oldest one. */
  readonly together?: boolean
  /** The hub's close is held until the fault ends, even when no bytes are. */
  readonly holdsClose?: boolean
}

/** Holds each write until it is due. Order is kept even when the clock is set back. */
class HeldOutput implements OutgoingFilter {
  readonly #output: StreamOutput
  readonly #holding: Holding
  readonly #timers = new Set<() => void>()
  #held: Buffer[] = []
  #then: (() => void) | undefined

  constructor(output: StreamOutput, holding: Holding) {
    this.#output = output
    this.#holding = holding
  }

  write(bytes: Buffer): void {
    const { dueIn, together } = this.#holding
    const ms = dueIn(bytes, this.#held.length)
    this.#held.push(bytes)
    if (ms === undefined) return
    const cancel = this.#output.clock.schedule(ms, () => {
      this.#timers.delete(cancel)
      this.#passOn(together === true ? this.#held.length : 1)
    })
    this.#timers.add(cancel)
  }

  beforeClose(then: () => void): void {
    if (this.#held.length === 0 && this.#holding.holdsClose !== true) then()
    else this.#then = then
  }

  release(): void {
    this.#cancelTimers()
    this.#passOn(this.#held.length)
    this.#finish()
  }

  drop(): void {
    this.#cancelTimers()
    this.#held = []
    this.#then = undefined
  }

  #passOn(count: number): void {
    const passing = this.#held.splice(0, count)
    const [first] = passing
    if (first === undefined) return
    this.#output.put(passing.length === 1 ? first : Buffer.concat(passing))
    if (this.#held.length === 0 && this.#holding.holdsClose !== true) this.#finish()
  }

  #finish(): void {
    const then = this.#then
    this.#then = undefined
    then?.()
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }
}

/** Loses everything; the hub's close does not reach the client before the fault ends. */
class DiscardedOutput implements OutgoingFilter {
  #then: (() => void) | undefined

  write(): void {
    // Lost.
  }

  beforeClose(then: () => void): void {
    this.#then = then
  }

  release(): void {
    this.#then?.()
  }

  drop(): void {
    this.#then = undefined
  }
}
