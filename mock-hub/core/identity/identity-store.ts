import type { Commits, StateDocument, StateSource } from '../contract/store/commits.ts'
import { identityKey, parseIdentityKey, type Identity } from '../contract/identity.ts'
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
  /** The last activity that is stored, epoch ms. */
  storedActivityAt: number
}

/** An activity is stored with the next change of the record, at the latest so long after the one before it. */
const ACTIVITY_MS = 60_000

/** The records of a registry: devices in order of creation, each with its modules. Checks nothing. */
export class IdentityStore implements StateSource<IdentityRecord> {
  readonly kind = 'identity'
  readonly #devices = new Map<string, Entry>()
  readonly #commits: Commits

  constructor(commits: Commits) {
    this.#commits = commits
    commits.keep(this)
  }

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
      storedActivityAt: record.lastActivityAt ?? 0,
    }
    this.#changed(record.identity)
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
    if (entry === undefined) return
    entry.record = record
    this.#changed(record.identity)
  }

  delete(identity: Identity): void {
    const { deviceId, moduleId } = identity
    this.#changed(identity)
    if (moduleId === undefined) this.#devices.delete(deviceId)
    else this.#devices.get(deviceId)?.modules?.delete(moduleId)
  }

  /** @param now epoch ms. */
  setActive(identity: Identity, now: number): void {
    const entry = this.#entry(identity)
    if (entry === undefined) return
    entry.lastActivityAt = now
    entry.stale = true
    if (!this.#commits.active || Math.abs(now - entry.storedActivityAt) < ACTIVITY_MS) return
    entry.storedActivityAt = now
    this.#changed(identity)
  }

  /** @param now epoch ms. */
  setConnected(identity: Identity, connected: boolean, now: number): void {
    const entry = this.#entry(identity)
    if (entry === undefined) return
    entry.connected = connected
    entry.connectionStateUpdatedAt = now
    entry.lastActivityAt = now
    entry.stale = true
    entry.storedActivityAt = now
    this.#changed(identity)
  }

  *keys(): Iterable<string> {
    for (const [deviceId, { modules }] of this.#devices) {
      yield deviceId
      for (const moduleId of modules?.keys() ?? []) yield identityKey({ deviceId, moduleId })
    }
  }

  /** Links do not outlive the process. */
  read(key: string): IdentityRecord | undefined {
    const record = this.find(parseIdentityKey(key))
    return record && { ...record, connectionState: 'Disconnected' }
  }

  load(documents: readonly StateDocument<IdentityRecord>[]): void {
    this.#devices.clear()
    // A module is created after its device; the generation ids of each grow with time.
    const records = documents.map(({ value }) => value).sort(byCreation)
    for (const record of records) if (record.identity.moduleId === undefined) this.add(record)
    for (const record of records) if (record.identity.moduleId !== undefined) this.add(record)
  }

  #changed(identity: Identity): void {
    if (this.#commits.active) this.#commits.changed('identity', identityKey(identity))
  }

  #entry({ deviceId, moduleId }: Identity): Entry | undefined {
    const device = this.#devices.get(deviceId)
    return moduleId === undefined ? device : device?.modules?.get(moduleId)
  }
}

/** Whole numbers as texts: the longer is the greater. */
function byCreation({ generationId: a }: IdentityRecord, { generationId: b }: IdentityRecord): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
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
