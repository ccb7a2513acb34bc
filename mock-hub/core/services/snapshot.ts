/**
 * All that a hub keeps, as JSON: identities with keys and generation ids, twins with versions and metadata, waiting
 * cloud-to-device messages, configurations, routes, and where its clock stands. Links, locks, the journal and telemetry
 * are not state but history: they stay out.
 */

import { InvalidInput } from '../../base/invalid-input.ts'
import { HubClock } from '../../base/clock.ts'
import type { StoredConfiguration } from '../configurations/configuration-shapes.ts'
import type { WaitingC2d } from '../contract/c2d.ts'
import type { Hub } from '../contract/hub.ts'
import type { IdentityRecord } from '../contract/registry.ts'
import type { TwinDocument } from '../contract/twins.ts'
import { identityKey, isValidId, sameIdentity, type Identity } from '../contract/identity.ts'
import type { Message } from '../contract/message.ts'
import { parseRoute } from '../messaging/edge-route.ts'
import type { Services } from './services.ts'

export const SNAPSHOT_FORMAT = 1

/** A cloud-to-device message with its body in base64. */
export interface StoredMessage extends Omit<WaitingC2d, 'message'> {
  readonly message: Omit<Message, 'body'> & { readonly bodyBase64: string }
}

export interface StoredIdentity {
  /** Whether it is connected is not kept. */
  readonly record: Omit<IdentityRecord, 'connectionState'> & { readonly connectionState?: undefined }
  readonly twin: TwinDocument
  /** Oldest first; left out: none. */
  readonly cloudToDevice?: readonly StoredMessage[]
}

export interface HubSnapshot {
  readonly format: typeof SNAPSHOT_FORMAT
  readonly hostName: string
  /**
   * A clock that stands still is kept as its time, one that runs as its distance to the system's clock in ms; left out:
   * nobody can move it.
   */
  readonly clock?: { readonly frozenAt: number } | { readonly offsetMs: number } | undefined
  /** Devices in order of creation, each followed by its modules. */
  readonly identities: readonly StoredIdentity[]
  readonly routes: readonly string[]
  readonly configurations: readonly StoredConfiguration[]
}

type SnapshotHub = Pick<Hub, 'hostName' | 'clock' | 'registry' | 'twins' | 'c2d' | 'routes'>
type SnapshotServices = Pick<Services, 'configurations'>

/** What the hub holds now. It has keys in it: it is as secret as they are. */
export function takeSnapshot(hub: SnapshotHub, services: SnapshotServices): HubSnapshot {
  const identities: StoredIdentity[] = []
  for (const device of hub.registry.devices()) {
    identities.push(storedIdentity(hub, device))
    for (const module of hub.registry.modulesOf(device.identity.deviceId))
      identities.push(storedIdentity(hub, module))
  }
  // What JSON leaves out is left out here too: a snapshot is the same before and after it was a file.
  const snapshot: HubSnapshot = {
    format: SNAPSHOT_FORMAT,
    hostName: hub.hostName,
    clock: storedClock(hub),
    identities,
    routes: hub.routes,
    configurations: services.configurations.stored(),
  }
  return JSON.parse(JSON.stringify(snapshot)) as HubSnapshot
}

/**
 * Makes the hub what the snapshot says. Nothing has changed when it throws.
 * @throws InvalidInput for another format, another host name, an identity that is there twice or without its device, a clock
 *   that cannot be moved; RangeError for a route that cannot be read; HubError for a configuration that cannot.
 */
export function restoreSnapshot(hub: SnapshotHub, services: SnapshotServices, snapshot: HubSnapshot): void {
  const { format, hostName, clock, identities, routes, configurations } = snapshot
  // Whoever wrote the file may not have known the type.
  if ((format as number) !== SNAPSHOT_FORMAT)
    throw wrong('format', `to be ${String(SNAPSHOT_FORMAT)}`, format)
  if (hostName !== hub.hostName)
    throw wrong('hostName', `to be ${hub.hostName}, this hub's: keys and tokens are made for it`, hostName)
  checkIdentities(identities)
  routes.forEach(parseRoute)
  const applyConfigurations = services.configurations.load(configurations)
  const moveClock = clockMover(hub, clock)
  const clearConfigurations = services.configurations.load([])

  // What was there goes first: moving the clock must not wake it, and old configurations must not reach new identities.
  clearConfigurations()
  hub.registry.restore([])
  moveClock()
  hub.registry.restore(identities.map(({ record }) => ({ ...record, connectionState: 'Disconnected' })))
  hub.twins.restore(identities.map(({ twin }) => twin))
  hub.routes = routes
  for (const { record, cloudToDevice = [] } of identities)
    hub.c2d.restore(record.identity, cloudToDevice.map(waitingMessage))
  applyConfigurations()
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
  identities.forEach(({ record, twin }, index) => {
    const field = `identities[${String(index)}]`
    const { identity } = record
    const key = identityKey(identity)
    if (!isValidIdentity(identity)) throw wrong(`${field}.record.identity`, 'to hold valid ids', identity)
    if (seen.has(key)) throw wrong(`${field}.record.identity`, 'to be there once only', key)
    if (identity.moduleId !== undefined && !seen.has(identity.deviceId))
      throw wrong(`${field}.record.identity`, 'to come after its device', key)
    if (!sameIdentity(identity, twin.identity))
      throw wrong(`${field}.twin.identity`, `to be ${key}, as in the record`, twin.identity)
    seen.add(key)
  })
}

function isValidIdentity({ deviceId, moduleId }: Identity): boolean {
  return isValidId(deviceId) && (moduleId === undefined || isValidId(moduleId))
}

function wrong(field: string, rule: string, given: unknown): InvalidInput {
  return new InvalidInput('snapshot', field, rule, given)
}
