/** What became of a cloud-to-device message, read from the journal and the queue. */

import type { Tone } from './entry.ts'
import type { Entry, Explanation, WaitingMessage } from './types.ts'

export interface Sent {
  readonly sequenceNumber: number
  readonly body: string
  /** The newest entry when it was sent. */
  readonly after: number
}

export interface Fate {
  readonly word: string
  readonly tone: Tone
  /** When, as the hub's time. */
  readonly at?: string
}

interface Delivery {
  readonly lockToken: string
  readonly sequenceNumber: number
  readonly deliveryCount: number
}

export const WAITING: Fate = { word: 'waiting', tone: 'plain' }

/** @param entries of the device. @param waiting what its queue holds. */
export function fateOf(
  { sequenceNumber, after }: Omit<Sent, 'body'>,
  entries: readonly Entry[],
  waiting: readonly WaitingMessage[],
): Fate {
  const inQueue = waiting.find((message) => message.sequenceNumber === sequenceNumber)
  const locks = new Set<string>()
  let fate = WAITING
  for (const { type, time, what, input, channel, operation } of entries) {
    if (type === 'delivery' && channel === 'c2d' && (what as Delivery).sequenceNumber === sequenceNumber) {
      locks.add((what as Delivery).lockToken)
      fate = {
        word: locks.size > 1 ? `delivered ${String(locks.size)} times` : 'delivered',
        tone: 'info',
        at: time,
      }
    }
    if (type !== 'operation' || operation !== 'c2dSettle') continue
    const { lockToken, outcome } = input as { lockToken: string; outcome: string }
    if (!locks.has(lockToken)) continue
    fate =
      outcome === 'complete'
        ? { word: 'completed', tone: 'good', at: time }
        : { word: outcome === 'reject' ? 'rejected' : 'abandoned', tone: 'warn', at: time }
  }
  const unsubscribed = entries.some(({ seq, explanation }) => seq > after && isUnsubscribed(explanation))
  if (inQueue === undefined && fate === WAITING && unsubscribed)
    return { word: 'rejected: the device had not subscribed', tone: 'warn' }
  if (inQueue === undefined && fate.word !== 'completed' && fate.word !== 'rejected')
    return { word: 'gone: expired or deleted', tone: 'warn' }
  return fate
}

/** The hub rejects what waits when a device that has not subscribed before subscribes. */
function isUnsubscribed(explanation: unknown): boolean {
  return (explanation as Explanation | undefined)?.rule === 'WIRE-SESS-06'
}
