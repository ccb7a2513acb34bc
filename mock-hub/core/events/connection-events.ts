import type { Hub } from '../contract/hub.ts'
import { parseIdentityKey } from '../contract/identity.ts'
import type { EventSender } from './event-sender.ts'

/** Digits of a sequence number. */
const DIGITS = 64

/**
 * Every `settings.connectionEventSeconds`, sends an event for each identity whose connection state differs from that of its
 * last event. Changes in between have no event (WIRE-EVT-04).
 * @returns stops.
 */
export function startConnectionEvents(
  { clock, journal, registry, settings }: Pick<Hub, 'clock' | 'journal' | 'registry' | 'settings'>,
  sender: EventSender,
): () => void {
  const period = settings.connectionEventSeconds * 1_000
  const startedAt = clock.now()
  /** Keys of the identities that connected or disconnected since the last snapshot. */
  const changed = new Set<string>()
  /** Keys of the identities whose last event was `deviceConnected`. */
  const connected = new Set<string>()
  let cancel = (): void => undefined

  const snapshot = (): void => {
    for (const key of changed) {
      const identity = parseIdentityKey(key)
      const record = registry.find(identity)
      const isConnected = record?.connectionState === 'Connected'
      if (isConnected === connected.has(key)) continue
      if (isConnected) connected.add(key)
      else connected.delete(key)
      sender.send({
        source: 'deviceConnectionStateEvents',
        identity,
        opType: isConnected ? 'deviceConnected' : 'deviceDisconnected',
        body: { sequenceNumber: sender.nextNumber().toUpperCase().padStart(DIGITS, '0') },
        at: record?.connectionStateUpdatedAt,
      })
    }
    changed.clear()
  }
  const stopListening = journal.subscribe((entry) => {
    if (entry.type === 'reset') {
      cancel()
      changed.clear()
      connected.clear()
      return
    }
    if (entry.type !== 'connected' && entry.type !== 'disconnected') return
    const isFirst = changed.size === 0
    changed.add(entry.identity)
    if (period === 0) snapshot()
    else if (isFirst) cancel = clock.schedule(period - ((clock.now() - startedAt) % period), snapshot)
  })
  return () => {
    stopListening()
    cancel()
  }
}
