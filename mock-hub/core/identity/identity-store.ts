import type { Identity } from '../contract/identity.ts'
import type { IdentityRecord } from '../contract/registry.ts'

/** A record, and what changes so often that no new record is made for each change. */
interface Entry {
  record: IdentityRecord
  /** Undefined until the device has a module. */
  modules: Map<string, Entry> | undefined
  connected: boolean
  connectionStateUpdatedAt: number | undefined
  lastActivityAt: number | undefined
  /** The record does not have the three fields above yet. */
  stale: boolean
}

/** The records of a registry: devices in order of creation, each with its modules. Checks nothing. */
export class IdentityStore {
  readonly #devices = new Map<string, Entry>()

  /** Number of devices. */
  get size(): number {
    return this.#devices.size
  }

  has(deviceId: string): boolean {
    return this.#devices.has(deviceId)
  }

  find(identity: Identity): IdentityRecord | undefined {
    const entry = this.#entry(identity)
    return entry === undefined ? undefined : current(entry)
  }

  *devices(): IterableIterator<IdentityRecord> {
    for (const entry of this.#devices.values()) yield current(entry)
  }

  modulesOf(deviceId: string): readonly IdentityRecord[] {
    return [...(this.#devices.get(deviceId)?.modules?.values() ?? [])].map(current)
  }

  moduleIdsOf(deviceId: string): Iterable<string> {
    return this.#devices.get(deviceId)?.modules?.keys() ?? []
  }

  /** Adds an identity. @returns false: the device of the module is not there. */
  add(record: IdentityRecord): boolean {
    const { deviceId, moduleId } = record.identity
    const entry: Entry = {
      record,
      modules: undefined,
      connected: false,
      connectionStateUpdatedAt: record.connectionStateUpdatedAt,
      lastActivityAt: record.lastActivityAt,
      stale: false,
    }
    if (moduleId === undefined) {
      this.#devices.set(deviceId, entry)
      return true
    }
    const device = this.#devices.get(deviceId)
    if (device === undefined) return false
    device.modules ??= new Map()
    device.modules.set(moduleId, entry)
    return true
  }

  /** Replaces the record of an identity that is there. */
  replace(record: IdentityRecord): void {
    const entry = this.#entry(record.identity)
    if (entry !== undefined) entry.record = record
  }

  delete({ deviceId, moduleId }: Identity): void {
    if (moduleId === undefined) this.#devices.delete(deviceId)
    else this.#devices.get(deviceId)?.modules?.delete(moduleId)
  }

  /** @param now epoch ms. */
  setActive(identity: Identity, now: number): void {
    const entry = this.#entry(identity)
    if (entry === undefined) return
    entry.lastActivityAt = now
    entry.stale = true
  }

  /** @param now epoch ms. */
  setConnected(identity: Identity, connected: boolean, now: number): void {
    const entry = this.#entry(identity)
    if (entry === undefined) return
    entry.connected = connected
    entry.connectionStateUpdatedAt = now
    entry.lastActivityAt = now
    entry.stale = true
  }

  #entry({ deviceId, moduleId }: Identity): Entry | undefined {
    const device = this.#devices.get(deviceId)
    return moduleId === undefined ? device : device?.modules?.get(moduleId)
  }
}

function current(entry: Entry): IdentityRecord {
  if (!entry.stale) return entry.record
  entry.stale = false
  entry.record = {
    ...entry.record,
    connectionState: entry.connected ? 'Connected' : 'Disconnected',
    connectionStateUpdatedAt: entry.connectionStateUpdatedAt,
    lastActivityAt: entry.lastActivityAt,
  }
  return entry.record
}
