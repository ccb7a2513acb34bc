/** The identity registry: devices and their modules, each a record that is replaced when it changes. */

import type { Clock } from '../../base/clock.ts'
import type { Journal } from '../contract/journal.ts'
import type { IdentityRecord, IdentitySpec, IfMatch, Registry, RegistryChange } from '../contract/registry.ts'
import { checkScope, isSystemModule, scopeOf, SYSTEM_MODULES } from './edge-scope.ts'
import { checkIfMatch, registryCounter, registryEtag } from '../contract/etag.ts'
import { identityKey, isValidId, type Identity } from '../contract/identity.ts'
import { Emitter } from '../../base/emitter.ts'
import { mechanismOf } from './authentication-mechanism.ts'
import type { Random } from '../../base/random.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import type { Settings } from '../contract/settings.ts'
import { ticksOf } from '../../base/time-text.ts'
import type { CertificateAuthorities } from './x509.ts'

const LONGEST_REASON = 128

/** A record and what happens to it so often that no new record is made each time. */
interface Entry {
  record: IdentityRecord
  /** Most devices have no module and no map for them. */
  modules: Map<string, Entry> | undefined
  connected: boolean
  connectionStateUpdatedAt: number | undefined
  lastActivityAt: number | undefined
  /** The record does not show these yet. */
  stale: boolean
}

export interface RegistryPort {
  readonly clock: Clock
  readonly settings: Settings
  readonly journal: Journal
  readonly random: Random
  readonly authorities: CertificateAuthorities
}

export class IdentityRegistry implements Registry {
  readonly #port: RegistryPort
  readonly #devices = new Map<string, Entry>()
  readonly #listeners = new Emitter<[RegistryChange]>()
  #lastTicks = 0n
  #etags: number

  constructor(port: RegistryPort) {
    this.#port = port
    this.#etags = port.random.bytes(4).readUInt32BE()
  }

  create(identity: Identity, spec: IdentitySpec = {}): IdentityRecord {
    const { deviceId, moduleId } = identity
    checkId('deviceId', deviceId)
    if (moduleId === undefined) return this.#createDevice(deviceId, spec)
    checkId('moduleId', moduleId)
    const device = this.#entry({ deviceId })
    if (device === undefined) throw notFound({ deviceId })
    if (device.modules?.has(moduleId) === true)
      throw new HubError({
        kind: 'ModuleAlreadyExistsOnDevice',
        rule: 'WIRE-REG-14',
        expected: `a module id that ${deviceId} does not have yet`,
        received: quoted(moduleId),
      })
    this.#checkRoomForModule(device)
    return this.#put(identity, spec)
  }

  update(identity: Identity, spec: IdentitySpec, ifMatch: IfMatch): IdentityRecord {
    const before = this.get(identity)
    checkIfMatch(ifMatch, before.etag, 'WIRE-REG-05')
    const { status = before.status, statusReason = before.statusReason } = spec
    checkReason(statusReason)
    const iotEdge = identity.moduleId === undefined && (spec.iotEdge ?? before.iotEdge)
    const record: IdentityRecord = {
      ...before,
      etag: this.#nextEtag(),
      status,
      statusReason,
      statusUpdatedAt: status === before.status ? before.statusUpdatedAt : this.#port.clock.now(),
      authentication: mechanismOf(spec.authentication, before.authentication, this.#port.random),
      managedBy: spec.managedBy ?? before.managedBy,
      iotEdge,
      ...this.#scopes(identity, iotEdge, before.generationId, spec, before),
    }
    const entry = this.#entry(identity)
    if (entry === undefined) throw notFound(identity)
    entry.record = record
    this.#tell('updated', record, before)
    if (iotEdge && !before.iotEdge) this.#addSystemModules(identity.deviceId)
    if (!iotEdge && before.iotEdge) this.#removeSystemModules(identity.deviceId)
    return record
  }

  remove(identity: Identity, ifMatch: IfMatch): void {
    const record = this.get(identity)
    checkIfMatch(ifMatch, record.etag, 'WIRE-REG-05')
    const { deviceId, moduleId } = identity
    if (moduleId === undefined) {
      // Modules go first: nobody ever sees one without its device.
      for (const module of this.modulesOf(deviceId)) this.#drop(module.identity)
      this.#drop(identity)
      return
    }
    if (isSystemModule(moduleId))
      throw new HubError({
        kind: 'SystemModuleModifyUnauthorizedAccess',
        rule: 'WIRE-REG-15',
        expected: 'a module that does not belong to the edge runtime',
        received: quoted(moduleId),
      })
    this.#drop(identity)
  }

  find(identity: Identity): IdentityRecord | undefined {
    const entry = this.#entry(identity)
    return entry === undefined ? undefined : current(entry)
  }

  get(identity: Identity): IdentityRecord {
    const record = this.find(identity)
    if (record !== undefined) return record
    const { deviceId, moduleId } = identity
    throw notFound(moduleId === undefined || !this.#devices.has(deviceId) ? { deviceId } : identity)
  }

  *devices(): IterableIterator<IdentityRecord> {
    for (const entry of this.#devices.values()) yield current(entry)
  }

  modulesOf(deviceId: string): readonly IdentityRecord[] {
    return [...(this.#devices.get(deviceId)?.modules?.values() ?? [])].map(current)
  }

  get size(): number {
    return this.#devices.size
  }

  onChange(listener: (change: RegistryChange) => void): () => void {
    return this.#listeners.add(listener)
  }

  restore(records: readonly IdentityRecord[]): void {
    for (const { identity } of [...this.devices()]) {
      for (const module of this.modulesOf(identity.deviceId)) this.#drop(module.identity)
      this.#drop(identity)
    }
    for (const record of records) {
      // What comes after must not look like what was before.
      this.#etags = Math.max(this.#etags, registryCounter(record.etag))
      const ticks = BigInt(record.generationId)
      if (ticks > this.#lastTicks) this.#lastTicks = ticks
      this.#file({ ...record, connectionState: 'Disconnected' })
    }
  }

  trustCertificateAuthority(pem: string): void {
    this.#port.authorities.trust(pem)
  }

  /** The identity has asked for something. */
  touch(identity: Identity): void {
    const entry = this.#entry(identity)
    if (entry === undefined) return
    entry.lastActivityAt = this.#port.clock.now()
    entry.stale = true
  }

  /** A link of the identity is up, or the last one is gone (WIRE-TWIN-38). */
  setConnected(identity: Identity, connected: boolean): void {
    const entry = this.#entry(identity)
    if (entry === undefined) return
    entry.connected = connected
    entry.connectionStateUpdatedAt = this.#port.clock.now()
    entry.lastActivityAt = entry.connectionStateUpdatedAt
    entry.stale = true
  }

  #createDevice(deviceId: string, spec: IdentitySpec): IdentityRecord {
    if (this.#devices.has(deviceId))
      throw new HubError({
        kind: 'DeviceAlreadyExists',
        rule: 'WIRE-REG-03',
        expected: 'a device id that is not registered yet',
        received: quoted(deviceId),
      })
    const { maxDevices } = this.#port.settings
    if (this.#devices.size >= maxDevices)
      throw new HubError({
        kind: 'TooManyDevices',
        rule: 'WIRE-REG-01',
        expected: `at most ${String(maxDevices)} devices`,
        received: 'one more',
      })
    const record = this.#put({ deviceId }, spec)
    if (record.iotEdge) this.#addSystemModules(deviceId)
    return record
  }

  /** Modules of the edge runtime do not count. */
  #checkRoomForModule(device: Entry): void {
    const { modulesPerDevice } = this.#port.settings
    let count = 0
    for (const moduleId of device.modules?.keys() ?? []) if (!isSystemModule(moduleId)) count++
    if (count < modulesPerDevice) return
    throw new HubError({
      kind: 'TooManyModulesOnDevice',
      rule: 'WIRE-MOD-07',
      expected: `at most ${String(modulesPerDevice)} modules on a device`,
      received: 'one more',
    })
  }

  #put(identity: Identity, spec: IdentitySpec): IdentityRecord {
    const { deviceId, moduleId } = identity
    const { status = 'enabled', statusReason = null } = spec
    const iotEdge = moduleId === undefined && spec.iotEdge === true
    checkReason(statusReason)
    const authentication = mechanismOf(spec.authentication, undefined, this.#port.random)
    const generationId = this.#nextGeneration()
    const record: IdentityRecord = {
      identity: moduleId === undefined ? { deviceId } : { deviceId, moduleId },
      generationId,
      etag: this.#nextEtag(),
      status,
      statusReason,
      statusUpdatedAt: undefined,
      connectionState: 'Disconnected',
      connectionStateUpdatedAt: undefined,
      lastActivityAt: undefined,
      authentication,
      iotEdge,
      ...this.#scopes(identity, iotEdge, generationId, spec, undefined),
      managedBy: spec.managedBy,
    }
    return this.#file(record)
  }

  #file(record: IdentityRecord): IdentityRecord {
    const { deviceId, moduleId } = record.identity
    const entry: Entry = {
      record,
      modules: undefined,
      connected: false,
      connectionStateUpdatedAt: record.connectionStateUpdatedAt,
      lastActivityAt: record.lastActivityAt,
      stale: false,
    }
    if (moduleId === undefined) this.#devices.set(deviceId, entry)
    else {
      const device = this.#devices.get(deviceId)
      if (device === undefined) throw notFound({ deviceId })
      device.modules ??= new Map()
      device.modules.set(moduleId, entry)
    }
    this.#tell('created', record, undefined)
    return record
  }

  #scopes(
    { deviceId, moduleId }: Identity,
    iotEdge: boolean,
    generationId: string,
    spec: IdentitySpec,
    before: IdentityRecord | undefined,
  ): Pick<IdentityRecord, 'deviceScope' | 'parentScopes'> {
    if (moduleId !== undefined) return { deviceScope: undefined, parentScopes: [] }
    const findDevice = (id: string): IdentityRecord | undefined => this.find({ deviceId: id })
    const wasEdge = before?.iotEdge === true
    const parentScopes = spec.parentScopes ?? before?.parentScopes ?? []
    if (spec.parentScopes !== undefined)
      for (const scope of parentScopes) checkScope('parentScopes', scope, findDevice)
    if (iotEdge) {
      const own = scopeOf(deviceId, generationId)
      const asked = spec.deviceScope ?? own
      // What was read may be sent back; any other scope is not for an edge device to have.
      if (asked !== own && asked !== '') checkScope('deviceScope', asked, findDevice)
      return { deviceScope: own, parentScopes }
    }
    const deviceScope = spec.deviceScope ?? (wasEdge ? undefined : before?.deviceScope)
    if (deviceScope === undefined || deviceScope === '') return { deviceScope: undefined, parentScopes: [] }
    if (deviceScope !== before?.deviceScope) checkScope('deviceScope', deviceScope, findDevice)
    return { deviceScope, parentScopes: [deviceScope] }
  }

  /** The daemon on the device gives them their keys, so they start without any. */
  #addSystemModules(deviceId: string): void {
    for (const moduleId of SYSTEM_MODULES)
      if (this.find({ deviceId, moduleId }) === undefined)
        this.#put({ deviceId, moduleId }, { authentication: { type: 'none' } })
  }

  #removeSystemModules(deviceId: string): void {
    for (const moduleId of SYSTEM_MODULES) this.#drop({ deviceId, moduleId })
  }

  #drop(identity: Identity): void {
    const record = this.find(identity)
    if (record === undefined) return
    const { deviceId, moduleId } = identity
    if (moduleId === undefined) this.#devices.delete(deviceId)
    else this.#devices.get(deviceId)?.modules?.delete(moduleId)
    this.#tell('deleted', record, record)
  }

  #entry({ deviceId, moduleId }: Identity): Entry | undefined {
    const device = this.#devices.get(deviceId)
    return moduleId === undefined ? device : device?.modules?.get(moduleId)
  }

  #nextEtag(): string {
    return registryEtag(++this.#etags)
  }

  /** Unique, and growing in order of creation, also while the clock stands still. */
  #nextGeneration(): string {
    const ticks = ticksOf(this.#port.clock.now())
    this.#lastTicks = ticks > this.#lastTicks ? ticks : this.#lastTicks + 1n
    return String(this.#lastTicks)
  }

  #tell(type: RegistryChange['type'], record: IdentityRecord, before: IdentityRecord | undefined): void {
    this.#port.journal.record({ type: 'registry', change: type, identity: identityKey(record.identity) })
    this.#listeners.tell({ type, record, before })
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

function checkId(field: string, id: string): void {
  if (isValidId(id)) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-REG-09',
    expected: `${field} to be 1 to 128 of the letters and digits of ASCII and - . + % _ # * ? ! ( ) , : = @ $ ' ;`,
    received: quoted(id),
  })
}

function checkReason(reason: string | null): void {
  if (reason === null || reason.length <= LONGEST_REASON) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-REG-04',
    expected: `statusReason of at most ${String(LONGEST_REASON)} characters`,
    received: `${String(reason.length)} characters`,
  })
}

function notFound({ deviceId, moduleId }: Identity) {
  return moduleId === undefined
    ? new HubError({
        kind: 'DeviceNotFound',
        rule: 'WIRE-REG-06',
        expected: 'a registered device',
        received: quoted(deviceId),
      })
    : new HubError({
        kind: 'ModuleNotFound',
        rule: 'WIRE-REG-06',
        expected: `a module of ${deviceId}`,
        received: quoted(moduleId),
      })
}
