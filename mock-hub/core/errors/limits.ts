/** Limits for clients that hold a connection: of bytes that they do not read, and of silence (docs/reliability.md#limits). */

import { afterArrivals, type Clock } from '../../base/clock.ts'
import { HubError } from './hub-error.ts'

/** @param what of which bytes wait: `answers`, `messages without a PUBACK`. */
export function unreadError(what: string, bytes: number, most: number): HubError {
  return new HubError({
    kind: 'ThrottleBacklogLimitExceeded',
    rule: 'limit-unread',
    expected: `a client that leaves at most ${most} bytes unread (setting maxUnreadBytes)`,
    received: `${bytes} bytes of ${what} that wait for it`,
  })
}

/** @param expected what the client should have done in time, with the limit. @param received what it did. */
export function silenceError(expected: string, received: string): HubError {
  return new HubError({ kind: 'GenericTimeout', rule: 'limit-silence', expected, received })
}

export interface SilenceLimit {
  readonly clock: Clock
  readonly ms: number
  /** A number that changes when the client does something; left out: only the end of the wait counts. */
  readonly heard?: (() => number) | undefined
  readonly onSilence: () => void
}

/**
 * Waits for a client that does nothing for `ms`. What it has sent before the clock was wound still counts.
 * @returns ends the wait.
 */
export function limitSilence({ clock, ms, heard = () => 0, onSilence }: SilenceLimit): () => void {
  let over = false
  let cancel: () => void
  const wait = (): void => {
    const before = heard()
    cancel = clock.schedule(ms, () => {
      afterArrivals(() => {
        if (over) return
        if (heard() === before) onSilence()
        else wait()
      })
    })
  }
  wait()
  return () => {
    over = true
    cancel()
  }
}
