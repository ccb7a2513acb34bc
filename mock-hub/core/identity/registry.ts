/** The identity registry: devices and their modules. */

import type { Clock } from '../../base/clock.ts'
import type { Commits } from '../contract/store/commits.ts'
import { counter, type Counter } from '../store/counter.ts'
import type { Journal } from '../contract/journal.ts'
import type {
  IdentityRecord,
  IdentitySpec,
  IfMatch,
  KeyChoice,
  Registry,
  RegistryChange,
} from '../contract/registry.ts'
import { scopesOf } from './edge-scope.ts'
import { checkQuotes, registryCounter, registryEtag } from '../contract/etag.ts'
import { checkIdentity, identityKey, SYSTEM_MODULES, type Identity } from '../contract/identity.ts'
import { Emitter } from '../../base/emitter.ts'
import { mechanismOf, newKeys } from './authentication-mechanism.ts'
import type { Random } from '../../base/random.ts'
import type { Settings } from '../contract/settings.ts'
import { ticksOf } from '../../base/time-text.ts'
import { IdentityStore } from './identity-store.ts'
import {
  checkAttributes,
  checkDeviceCount,
  checkId,
  checkModuleId,
  checkModuleCount,
  checkNotSystemModule,
  checkReason,
  checkRegistryMatch,
  deviceExists,
  identityNotFound,
  moduleExists,
} from './registry-checks.ts'
import type { CertificateAuthorities } from './x509.ts'

export interface RegistryDependencies {
  readonly clock: Clock
  readonly settings: Settings
  readonly journal: Journal
  readonly random: Random
  readonly authorities: CertificateAuthorities
  readonly commits: Commits
}

export class IdentityRegistry implements Registry {
  readonly #deps: RegistryDependencies
  readonly #store: IdentityStore
  readonly #listeners = new Emitter<[RegistryChange]>()
  #lastTicks = 0n
  /** The highest number in an etag so far: a new identity gets one that none of its name had before. */
  #lastEtag: number
  readonly #counters: Counter

  readonly #findDevice = (deviceId: string): IdentityRecord | undefined => this.find({ deviceId })

  constructor(deps: RegistryDependencies) {
    this.#deps = deps
    this.#store = new IdentityStore(deps.commits)
    this.#lastEtag = deps.random.bytes(4).readUInt32BE()
    this.#counters = counter(deps.commits, 'registry', {
      read: () => ({ etag: this.#lastEtag, ticks: String(this.#lastTicks) }),
      load: ({ etag, ticks }) => {
        this.#lastEtag = etag
        this.#lastTicks = BigInt(ticks)
      },
    })
  }

  create(identity: Identity, spec: IdentitySpec = {}): IdentityRecord {
    checkIdentity(identity)
    const { deviceId, moduleId } = identity
    checkId('deviceId', deviceId)
    if (moduleId === undefined) return this.#createDevice(deviceId, spec)
    checkModuleId(moduleId)
    if (!this.#store.has(deviceId)) throw identityNotFound({ deviceId })
    if (this.find(identity) !== undefined) throw moduleExists(deviceId, moduleId)
    checkModuleCount(this.#store.moduleIdsOf(deviceId), this.#deps.settings.modulesPerDevice)
    return this.#put(identity, spec)
  }

  update(identity: Identity, spec: IdentitySpec, ifMatch: IfMatch): IdentityRecord {
    const before = this.get(identity)
    checkRegistryMatch(ifMatch, before.etag)
    const { status = before.status, statusReason = before.statusReason } = spec
    checkReason(statusReason)
    checkAttributes(spec.attributes)
    const iotEdge = identity.moduleId === undefined && (spec.iotEdge ?? before.iotEdge)
    const record: IdentityRecord = {
      ...before,
      etag: this.#raised(before.etag),
      status,
      statusReason,
      statusUpdatedAt: status === before.status ? before.statusUpdatedAt : this.#deps.clock.now(),
      authentication: mechanismOf(spec.authentication, before.authentication, this.#deps.random),
      managedBy: spec.managedBy === undefined ? before.managedBy : (spec.managedBy ?? undefined),
      attributes: spec.attributes ?? before.attributes,
      iotEdge,
      ...scopesOf({ identity, iotEdge, generationId: before.generationId, spec, before }, this.#findDevice),
    }
    this.#store.replace(record)
    this.#tell('updated', record, before)
    if (iotEdge && !before.iotEdge) this.#addSystemModules(record)
    if (!iotEdge && before.iotEdge) this.#removeSystemModules(identity.deviceId)
    return record
  }

  regenerateKeys(identity: Identity, which: KeyChoice): IdentityRecord {
    const { authentication } = this.get(identity)
    const symmetricKey = newKeys(authentication, which, this.#deps.random)
    return this.update(identity, { authentication: { type: 'sas', symmetricKey } }, '*')
  }

  remove(identity: Identity, ifMatch: IfMatch): void {
    const record = this.get(identity)
    checkQuotes(ifMatch, 'WIRE-REG-23')
    checkRegistryMatch(ifMatch, record.etag)
    const { deviceId, moduleId } = identity
    if (moduleId === undefined) {
      // Modules first: a module never exists without its device.
      for (const module of this.modulesOf(deviceId)) this.#drop(module.identity)
      this.#drop(identity)
      return
    }
    checkNotSystemModule(moduleId)
    this.#drop(identity)
  }

  find(identity: Identity): IdentityRecord | undefined {
    checkIdentity(identity)
    return this.#store.find(identity)
  }

  get(identity: Identity): IdentityRecord {
    const record = this.find(identity)
    if (record !== undefined) return record
    const { deviceId, moduleId } = identity
    throw identityNotFound(moduleId === undefined || !this.#store.has(deviceId) ? { deviceId } : identity)
  }

  devices(): IterableIterator<IdentityRecord> {
    return this.#store.devices()
  }

  modulesOf(deviceId: string): readonly IdentityRecord[] {
    return this.#store.modulesOf(deviceId)
  }

  get size(): number {
    return this.#store.size
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
      // Later etags and generations must differ from those of the snapshot.
      this.#lastEtag = Math.max(this.#lastEtag, registryCounter(record.etag))
      const ticks = BigInt(record.generationId)
      if (ticks > this.#lastTicks) this.#lastTicks = ticks
      this.#counters.changed()
      this.#add({ ...record, connectionState: 'Disconnected' })
    }
  }

  trustCertificateAuthority(pem: string): void {
    this.#deps.authorities.trust(pem)
  }

  /** Records the time of an operation of the identity. */
  touch(identity: Identity): void {
    this.#store.setActive(identity, this.#deps.clock.now())
  }

  /** Records that a link of the identity is open, or that it is closed (WIRE-TWIN-38). */
  setConnected(identity: Identity, connected: boolean): void {
    this.#store.setConnected(identity, connected, this.#deps.clock.now())
  }

  #createDevice(deviceId: string, spec: IdentitySpec): IdentityRecord {
    if (this.#store.has(deviceId)) throw deviceExists(deviceId)
    checkDeviceCount(this.#store.size, this.#deps.settings.maxDevices)
    const record = this.#put({ deviceId }, spec)
    if (record.iotEdge) this.#addSystemModules(record)
    return record
  }

  #put(
    identity: Identity,
    spec: IdentitySpec,
    like?: Pick<IdentityRecord, 'generationId' | 'etag'>,
  ): IdentityRecord {
    const { deviceId, moduleId } = identity
    const { status = 'enabled', statusReason = null } = spec
    const iotEdge = moduleId === undefined && spec.iotEdge === true
    checkReason(statusReason)
    checkAttributes(spec.attributes)
    const authentication = mechanismOf(spec.authentication, undefined, this.#deps.random)
    const generationId = like?.generationId ?? this.#nextGeneration()
    this.#counters.changed()
    const record: IdentityRecord = {
      identity: moduleId === undefined ? { deviceId } : { deviceId, moduleId },
      generationId,
      etag: like?.etag ?? registryEtag(++this.#lastEtag),
      status,
      statusReason,
      statusUpdatedAt: undefined,
      connectionState: 'Disconnected',
      connectionStateUpdatedAt: undefined,
      lastActivityAt: undefined,
      authentication,
      iotEdge,
      ...scopesOf({ identity, iotEdge, generationId, spec, before: undefined }, this.#findDevice),
      managedBy: spec.managedBy ?? undefined,
      attributes: spec.attributes,
    }
    return this.#add(record)
  }

  #add(record: IdentityRecord): IdentityRecord {
    const { deviceId } = record.identity
    if (!this.#store.add(record)) throw identityNotFound({ deviceId })
    this.#tell('created', record, undefined)
    return record
  }

  /**
   * They have the generation and the etag of their device (docs/contract/registry.md#registry-system-modules-like-device).
   * The IoT Edge daemon gives them their keys: they start without keys.
   */
  #addSystemModules({ identity: { deviceId }, generationId, etag }: IdentityRecord): void {
    for (const moduleId of SYSTEM_MODULES)
      if (this.find({ deviceId, moduleId }) === undefined)
        this.#put({ deviceId, moduleId }, { authentication: { type: 'none' } }, { generationId, etag })
  }

  #removeSystemModules(deviceId: string): void {
    for (const moduleId of SYSTEM_MODULES) this.#drop({ deviceId, moduleId })
  }

  #drop(identity: Identity): void {
    const record = this.find(identity)
    if (record === undefined) return
    this.#store.delete(identity)
    this.#tell('deleted', record, record)
  }

  /** Each update raises the number in an etag by one. */
  #raised(etag: string): string {
    const next = registryCounter(etag) + 1
    this.#lastEtag = Math.max(this.#lastEtag, next)
    this.#counters.changed()
    return registryEtag(next)
  }

  /** Unique and increasing, also while the clock is frozen. */
  #nextGeneration(): string {
    const ticks = ticksOf(this.#deps.clock.now())
    this.#lastTicks = ticks > this.#lastTicks ? ticks : this.#lastTicks + 1n
    return String(this.#lastTicks)
  }

  #tell(type: RegistryChange['type'], record: IdentityRecord, before: IdentityRecord | undefined): void {
    this.#deps.journal.record({ type: 'registry', change: type, identity: identityKey(record.identity) })
    this.#listeners.tell({ type, record, before })
  }
}
