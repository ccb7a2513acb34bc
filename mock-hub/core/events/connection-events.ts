import type { Hub } from '../contract/hub.ts'
import { parseIdentityKey } from '../contract/identity.ts'
import type { EventSender } from './event-sender.ts'

/** Digits of a sequence number. */
const DIGITS = 64

/**
 * Looks every `settings.connectionEventSeconds` which identities have another connection state than the one that was told
 * last, and tells these: what flaps in between is not told (WIRE-EVT-04).
 * @returns stops.
 */
export function startConnectionEvents(
  { clock, journal, registry, settings }: Pick<Hub, 'clock' | 'journal' | 'registry' | 'settings'>,
  sender: EventSender,
): () => void {
  const period = settings.connectionEventSeconds * 1_000
  const startedAt = clock.now()
  /** Keys of the identities that connected or disconnected since the last look. */
  const moved = new Set<string>()
  /** Keys of the identities whose connection was told. */
  const connected = new Set<string>()
  let cancel = (): void => undefined

  const look = (): void => {
    for (const key of moved) {
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
    moved.clear()
  }
  const stopListening = journal.subscribe((entry) => {
    if (entry.type !== 'connected' && entry.type !== 'disconnected') return
    const isFirst = moved.size === 0
    moved.add(entry.identity)
    if (period === 0) look()
    else if (isFirst) cancel = clock.schedule(period - ((clock.now() - startedAt) % period), look)
  })
  return () => {
    stopListening()
    cancel()
  }
}
