/**
 * What has happened, in numbers: all that the journal has kept when the first call of this API comes, and all that comes
 * after.
 */

import type { Hub } from '../core/contract/hub.ts'
import type { JournalEntry } from '../core/contract/journal.ts'
import type { OperationKind } from '../core/contract/operations.ts'

/** Totals; a reset of the hub does not set them back. */
export interface Totals {
  readonly operations: Readonly<Partial<Record<OperationKind, number>>>
  readonly deliveries: number
  readonly connects: number
  readonly refusals: number
  readonly faultsFired: number
  readonly requests: number
}

/** Counts entries of the journal as they come. */
export function countEntries(hub: Pick<Hub, 'journal'>): { totals(): Totals; stop(): void } {
  const operations = new Map<OperationKind, number>()
  const counts = { deliveries: 0, connects: 0, refusals: 0, faultsFired: 0, requests: 0 }
  const count = (entry: JournalEntry): void => {
    switch (entry.type) {
      case 'operation':
        operations.set(entry.operation, (operations.get(entry.operation) ?? 0) + 1)
        break
      case 'delivery':
        counts.deliveries++
        break
      case 'connected':
        counts.connects++
        break
      case 'refusal':
        counts.refusals++
        break
      case 'request':
        counts.requests++
        break
      case 'fault':
        if (entry.phase === 'fired') counts.faultsFired++
        break
      default:
    }
  }
  for (const entry of hub.journal.entries) count(entry)
  const stop = hub.journal.subscribe(count)
  return { totals: () => ({ operations: Object.fromEntries(operations), ...counts }), stop }
}

/** How many devices there are, are connected and are disabled, and how many modules. */
export function countDevices({ registry }: Pick<Hub, 'registry'>) {
  const count = { total: registry.size, connected: 0, disabled: 0, modules: 0 }
  for (const { identity, status, connectionState } of registry.devices()) {
    if (connectionState === 'Connected') count.connected++
    if (status === 'disabled') count.disabled++
    count.modules += registry.modulesOf(identity.deviceId).length
  }
  return count
}
