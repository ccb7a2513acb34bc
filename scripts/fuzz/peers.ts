/** Connections to an adapter over duplexes in this process. */

import { duplexPair, type Duplex } from 'node:stream'

export interface Peer {
  readonly received: number
  readonly over: boolean
  write(bytes: Buffer): void
  /** Stops reading, or reads on. */
  reads(yes: boolean): void
  drop(): void
}

export function dial(accept: (stream: Duplex) => void): Peer {
  const [near, far] = duplexPair()
  let received = 0
  let over = false
  near.on('data', (chunk: Buffer) => (received += chunk.length))
  near.on('end', () => (over = true))
  near.on('error', () => (over = true))
  far.on('close', () => (over = true))
  accept(far)
  return {
    get received() {
      return received
    },
    get over() {
      return over
    },
    write: (bytes) => {
      if (!over) near.write(bytes)
    },
    reads: (yes) => {
      if (yes) near.resume()
      else near.pause()
    },
    drop: () => {
      over = true
      far.destroy()
      near.destroy()
    },
  }
}
