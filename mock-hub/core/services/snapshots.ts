/**
 * The whole state of a hub as JSON: identities with keys and generation ids, twins with versions and metadata, waiting
 * cloud-to-device messages, configurations, routes, jobs, uploads, MQTT sessions, feedback, enrollments and registrations of
 * the provisioning service, and the time of its clock. Links, locks, the journal and telemetry are history, not state: a snapshot does not have them. Blobs are files: `data export` of the
 * command has them.
 */

import { BASE64_RULE, base64Problem } from '../../base/base64.ts'
import { fromJsonText, jsonText } from '../../base/json-floats.ts'
import { InvalidInput } from '../../base/invalid-input.ts'
import { HubClock } from '../../base/clock.ts'
import type { HubConfigurations } from '../configurations/configurations.ts'
import type { StateKind } from '../contract/store/commits.ts'
import type { WaitingC2d } from '../contract/c2d.ts'
import type { Hub } from '../contract/hub.ts'
import type { IdentityRecord } from '../contract/registry.ts'
import { identityKey, isValidId, sameIdentity, type Identity } from '../contract/identity.ts'
import { parseRoute } from '../messaging/edge-route.ts'
import type { QueryLag } from '../query/lag/query-lag.ts'
import {
  SNAPSHOT_FORMAT,
  type HubSnapshot,
  type SnapshotDocument,
  type Snapshots,
  type StoredIdentity,
  type StoredMessage,
} from '../contract/services/snapshots.ts'

type SnapshotHub = Pick<Hub, 'hostName' | 'clock' | 'commits' | 'registry' | 'twins' | 'c2d' | 'routes'>

/** What has no field of its own, in the order in which it is put back. */
const DOCUMENT_KINDS = [
  'feedbackBatch',
  'feedback',
  'notification',
  'input',
  'upload',
  'configurationStatus',
  'job',
  'jobRow',
  'importJob',
  'quota',
  'mqttSession',
  'provisioningCertificate',
  'enrollment',
  'enrollmentGroup',
  'registration',
  'registrationOperation',
] as const satisfies readonly StateKind[]

const OF_PROVISIONING: readonly StateKind[] = [
  'provisioningCertificate',
  'enrollment',
  'enrollmentGroup',
  'registration',
  'registrationOperation',
]

export class HubSnapshots implements Snapshots {
  readonly #hub: SnapshotHub
  readonly #configurations: Pick<HubConfigurations, 'stored' | 'load'>
  readonly #lag: Pick<QueryLag, 'reset'>

  constructor(
    hub: SnapshotHub,
    configurations: Pick<HubConfigurations, 'stored' | 'load'>,
    lag: Pick<QueryLag, 'reset'>,
  ) {
    this.#hub = hub
    this.#configurations = configurations
    this.#lag = lag
  }

  take(): HubSnapshot {
    // What JSON cannot say is dropped: a snapshot is the same before and after it was a file.
    return fromJsonText([...this.text()].join('')) as HubSnapshot
  }

  *text(): Iterable<string> {
    const hub = this.#hub
    const clock = storedClock(hub)
    yield `{"format":${String(SNAPSHOT_FORMAT)},"hostName":${jsonText(hub.hostName)},`
    if (clock !== undefined) yield `"clock":${jsonText(clock)},`
    yield* listText('identities', identitiesOf(hub))
    yield `,"routes":${jsonText(hub.routes)},`
    yield* listText('configurations', this.#configurations.stored())
    yield ','
    yield* listText('documents', documentsOf(hub))
    yield '}'
  }

  restore(snapshot: HubSnapshot): void {
    const { format, hostName, clock, identities, routes, configurations, documents = [] } = snapshot
    const hub = this.#hub
    // The snapshot comes from outside: its type is not checked.
    if (!FORMATS.includes(format)) throw wrong('format', `to be ${FORMATS.join(' or ')}`, format)
    if (hostName !== hub.hostName)
      throw wrong('hostName', `to be ${hub.hostName}, this hub's: keys and tokens are made for it`, hostName)
    checkIdentities(identities)
    routes.forEach(parseRoute)
    const applyConfigurations = this.#configurations.load(configurations)
    const moveClock = clockMover(hub, clock)
    const clearConfigurations = this.#configurations.load([])
    checkDocuments(hub, documents)

    // The old state goes first: moving the clock must not wake it, and old configurations must not reach new identities.
    clearConfigurations()
    loadDocuments(hub, [])
    hub.registry.restore([])
    moveClock()
    hub.registry.restore(identities.map(({ record }) => ({ ...record, connectionState: 'Disconnected' })))
    hub.twins.restore(identities.map(({ twin }) => twin))
    hub.routes = routes
    for (const { record, cloudToDevice = [] } of identities)
      hub.c2d.restore(record.identity, cloudToDevice.map(waitingMessage))
    applyConfigurations()
    loadDocuments(hub, documents)
    this.#lag.reset()
  }
}

const FORMATS: readonly number[] = [1, SNAPSHOT_FORMAT]

function* listText(name: string, elements: Iterable<unknown>): Iterable<string> {
  let before = `"${name}":[`
  for (const element of elements) {
    yield before + jsonText(element)
    before = ','
  }
  yield before === ',' ? ']' : `${before}]`
}

function* identitiesOf(hub: SnapshotHub): Iterable<StoredIdentity> {
  for (const device of hub.registry.devices()) {
    yield storedIdentity(hub, device)
    for (const module of hub.registry.modulesOf(device.identity.deviceId)) yield storedIdentity(hub, module)
  }
}

function* documentsOf({ commits }: SnapshotHub): Iterable<SnapshotDocument> {
  for (const kind of DOCUMENT_KINDS) {
    const source = commits.sources.get(kind)
    for (const key of source?.keys() ?? []) yield { kind, key, value: source?.read(key) }
  }
}

/** Replaces all documents. */
function loadDocuments({ commits }: SnapshotHub, documents: readonly SnapshotDocument[]): void {
  for (const kind of DOCUMENT_KINDS) {
    const source = commits.sources.get(kind)
    if (source === undefined) continue
    const own = documents.filter((document) => document.kind === kind)
    for (const key of source.keys()) commits.changed(kind, key)
    source.load(own)
    for (const { key } of own) commits.changed(kind, key)
  }
}

function checkDocuments({ commits }: SnapshotHub, documents: readonly SnapshotDocument[]): void {
  documents.forEach(({ kind, value }, index) => {
    const field = `documents[${String(index)}]`
    if (!DOCUMENT_KINDS.some((known) => known === kind))
      throw wrong(`${field}.kind`, `to be one of ${DOCUMENT_KINDS.join(', ')}`, kind)
    const source = commits.sources.get(kind)
    if (source === undefined && OF_PROVISIONING.includes(kind))
      throw wrong(`${field}.kind`, 'to be left out: this hub has no provisioning service', kind)
    const problem = source?.problem?.(value)
    if (problem !== undefined) throw wrong(`${field}.value`, `to be without ${problem}`, value)
  })
}

function storedIdentity(hub: SnapshotHub, record: IdentityRecord): StoredIdentity {
  const cloudToDevice = hub.c2d.waiting(record.identity).map(storedMessage)
  return {
    record: { ...record, connectionState: undefined },
    twin: hub.twins.get(record.identity),
    ...(cloudToDevice.length === 0 ? {} : { cloudToDevice }),
  }
}

function storedMessage({ message: { body, ...rest }, ...waiting }: WaitingC2d): StoredMessage {
  return { ...waiting, message: { ...rest, bodyBase64: body.toString('base64') } }
}

function waitingMessage({ message: { bodyBase64, ...rest }, ...stored }: StoredMessage): WaitingC2d {
  return { ...stored, message: { ...rest, body: Buffer.from(bodyBase64, 'base64') } }
}

function storedClock({ clock }: SnapshotHub): HubSnapshot['clock'] {
  if (!(clock instanceof HubClock)) return undefined
  return clock.frozen ? { frozenAt: clock.now() } : { offsetMs: clock.offsetMs }
}

function clockMover({ clock }: SnapshotHub, stored: HubSnapshot['clock']): () => void {
  if (stored === undefined) return () => undefined
  if (!(clock instanceof HubClock))
    throw wrong('clock', 'to be left out: the clock of this hub cannot be moved', stored)
  if ('frozenAt' in stored)
    return () => {
      clock.freeze()
      clock.set(stored.frozenAt)
    }
  return () => {
    clock.resume()
    clock.setOffset(stored.offsetMs)
  }
}

/** Each once, modules after their device. */
function checkIdentities(identities: readonly StoredIdentity[]): void {
  const seen = new Set<string>()
  identities.forEach(({ record, twin, cloudToDevice = [] }, index) => {
    const field = `identities[${String(index)}]`
    const { identity } = record
    const key = identityKey(identity)
    if (!isValidIdentity(identity)) throw wrong(`${field}.record.identity`, 'to hold valid ids', identity)
    if (seen.has(key)) throw wrong(`${field}.record.identity`, 'to be there once only', key)
    if (identity.moduleId !== undefined && !seen.has(identity.deviceId))
      throw wrong(`${field}.record.identity`, 'to come after its device', key)
    if (!sameIdentity(identity, twin.identity))
      throw wrong(`${field}.twin.identity`, `to be ${key}, as in the record`, twin.identity)
    checkKeys(record, `${field}.record.authentication.symmetricKey`)
    cloudToDevice.forEach(({ message: { bodyBase64 } }, at) => {
      checkBase64(bodyBase64, `${field}.cloudToDevice[${String(at)}].message.bodyBase64`)
    })
    seen.add(key)
  })
}

function checkKeys({ authentication }: Pick<IdentityRecord, 'authentication'>, field: string): void {
  const { primaryKey, secondaryKey } = authentication.symmetricKey
  for (const [name, key] of Object.entries({ primaryKey, secondaryKey }))
    if (key !== null) checkBase64(key, `${field}.${name}`)
}

/** @throws InvalidInput: a lenient decoder would make other bytes of it. */
function checkBase64(text: unknown, field: string): void {
  if (typeof text !== 'string' || base64Problem(text) !== undefined) throw wrong(field, BASE64_RULE, text)
}

function isValidIdentity({ deviceId, moduleId }: Identity): boolean {
  return isValidId(deviceId) && (moduleId === undefined || isValidId(moduleId))
}

function wrong(field: string, rule: string, given: unknown): InvalidInput {
  return new InvalidInput('snapshot', field, rule, given)
}
