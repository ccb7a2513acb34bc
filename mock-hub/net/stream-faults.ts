/** Levers below MQTT: what may happen to the stream of a link that is up, or coming up. */

import type { Clock } from '../base/clock.ts'
import type { Json } from '../base/json.ts'
import { number } from '../mqtt/faults/packet-faults.ts'
import type { FaultedStream } from './stream.ts'

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
  'delay',
  'coalesce',
]

/** The ends a link can come to. */
export interface StreamEnds {
  /** As a broken connection. */
  drop(): void
  /** With a TCP reset, where there is TCP. */
  reset(): void
}

export function injectStreamFault(
  effect: string,
  parameters: Readonly<Record<string, Json>>,
  wire: FaultedStream,
  clock: Clock,
  ends: StreamEnds,
): void {
  switch (effect) {
    case 'drop_now':
      ends.drop()
      return
    case 'reset':
      ends.reset()
      return
    case 'half_close':
      wire.halfClose()
      return
    case 'stall':
    case 'blackhole': {
      const direction = parameters['direction'] ?? 'both'
      wire.filter({
        ...(direction === 'out' ? {} : { incoming: () => undefined }),
        ...(direction === 'in' ? {} : { outgoing: () => undefined }),
      })
      return
    }
    case 'cut':
      cutAfter(number(parameters['bytes'], 0), wire, () => {
        ends.drop()
      })
      return
    case 'split':
      wire.filter({
        outgoing: (bytes, write) => {
          for (let at = 0; at < bytes.length; at++) write(bytes.subarray(at, at + 1))
        },
      })
      return
    case 'slow':
      slowDown(number(parameters['bytesPerSecond'], 100), wire, clock)
      return
    case 'delay': {
      const ms = number(parameters['seconds'], 1) * 1000
      wire.filter({
        outgoing: (bytes, write) => {
          clock.schedule(ms, () => {
            write(bytes)
          })
        },
      })
      return
    }
    case 'coalesce':
      coalesce(number(parameters['seconds'], 1) * 1000, wire, clock)
      return
  }
}

/** Lets so many bytes of the hub through, then ends the link in the midst of a packet. */
function cutAfter(bytes: number, wire: FaultedStream, drop: () => void): void {
  let left = bytes
  wire.filter({
    outgoing: (chunk, write) => {
      if (left <= 0) return
      write(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) drop()
    },
  })
  if (left <= 0) drop()
}

/** One write after the other, each as late as its bytes need on the hub's clock. */
function slowDown(bytesPerSecond: number, wire: FaultedStream, clock: Clock): void {
  let freeAt = clock.now()
  wire.filter({
    outgoing: (bytes, write) => {
      freeAt = Math.max(freeAt, clock.now()) + (bytes.length / bytesPerSecond) * 1000
      clock.schedule(freeAt - clock.now(), () => {
        write(bytes)
      })
    },
  })
}

/** What comes within so long of the first write leaves in one with it. */
function coalesce(ms: number, wire: FaultedStream, clock: Clock): void {
  let gathered: Buffer[] = []
  wire.filter({
    outgoing: (bytes, write) => {
      if (gathered.push(bytes) > 1) return
      clock.schedule(ms, () => {
        const all = Buffer.concat(gathered)
        gathered = []
        write(all)
      })
    },
  })
}
