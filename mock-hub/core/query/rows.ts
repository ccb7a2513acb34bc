/** Where rows come from: the registry's devices and modules, and whatever brings its own rows (jobs). */

import type { Json, JsonObject } from '../../base/json.ts'
import { keepFloats } from '../../base/json-floats.ts'
import type { IdentityRecord, Registry } from '../contract/registry.ts'
import type { TwinDocument, Twins } from '../contract/twins.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import type { Fields } from './compile.ts'

/** A row's place in a collection: a page goes on behind it, whatever was inserted or removed meanwhile. */
export interface Position {
  readonly key: string
  /** Grows with each row that is added. */
  readonly order: string
}

export interface Rows<R> {
  readonly fields: Fields<R>
  /** In order of creation, so that what is inserted between two pages comes last. */
  scan(after: Position | undefined): Iterable<R>
  /** The rows of these devices, without a scan. */
  ofDevices(deviceIds: readonly string[]): Iterable<R>
  position(row: R): Position
  readonly document: (row: R) => JsonObject
}

/** What rows of devices and modules are made of. */
export interface TwinSource {
  readonly registry: Pick<Registry, 'devices' | 'find' | 'modulesOf'>
  readonly twins: Pick<Twins, 'get'>
}

/** A device or module whose twin is read only when a query asks for it. */
export class TwinRow {
  readonly record: IdentityRecord
  readonly #twins: TwinSource['twins']
  #twin: TwinDocument | undefined

  constructor(record: IdentityRecord, twins: TwinSource['twins']) {
    this.record = record
    this.#twins = twins
  }

  get twin(): TwinDocument {
    return (this.#twin ??= this.#twins.get(this.record.identity))
  }
}

/** How a row looks to a back end; the adapters own the shapes. */
export type TwinShape = (record: IdentityRecord, twin: TwinDocument) => JsonObject

/** Fields that are read without the whole document being made, by lower-case path. */
const DIRECT: readonly (readonly [string, (row: TwinRow) => Json | undefined])[] = [
  ['deviceid', ({ record }) => record.identity.deviceId],
  ['id', ({ record }) => record.identity.deviceId],
  ['moduleid', ({ record }) => record.identity.moduleId],
  ['status', ({ record }) => record.status],
  ['statusreason', ({ record }) => record.statusReason ?? undefined],
  ['connectionstate', ({ record }) => record.connectionState],
  ['authenticationtype', ({ record }) => record.authentication.type],
  ['deviceetag', ({ record }) => record.etag],
  ['devicescope', ({ record }) => record.deviceScope],
  ['capabilities', ({ record }) => ({ iotEdge: record.iotEdge })],
  ['capabilities.iotedge', ({ record }) => record.iotEdge],
  ['etag', ({ twin }) => twin.etag],
  ['version', ({ twin }) => twin.version],
  ['modelid', ({ twin }) => twin.modelId],
  ['tags', ({ twin }) => (Object.keys(twin.tags).length === 0 ? undefined : twin.tags)],
]

/** Fields that are rarely asked for: taken from the document. */
const FROM_DOCUMENT = [
  'statusUpdateTime',
  'lastActivityTime',
  'cloudToDeviceMessageCount',
  'x509Thumbprint',
  'parentScopes',
  'properties',
] as const

/**
 * A twin as a row of `SELECT *` (recorded answers): no tags when there are none, what its configurations have come to, and
 * capabilities for modules too, which `GET /twins` does not show for them.
 */
function twinRowDocument(
  record: IdentityRecord,
  twin: JsonObject,
  configurations: JsonObject | undefined,
): JsonObject {
  const { tags = {}, properties, capabilities: _, deviceScope, parentScopes, ...first } = twin
  return {
    ...first,
    ...(Object.keys(tags as JsonObject).length === 0 ? {} : { tags }),
    ...(properties === undefined ? {} : { properties }),
    ...(configurations === undefined ? {} : { configurations }),
    capabilities: { iotEdge: record.iotEdge },
    ...(deviceScope === undefined ? {} : { deviceScope }),
    ...(parentScopes === undefined ? {} : { parentScopes }),
  }
}

/** @param configurationsOf what `configurations.[[id]]` is for a row; undefined: none applies. */
export function twinRows(
  hub: TwinSource,
  collection: 'devices' | 'devices.modules',
  shape: TwinShape,
  configurationsOf: (identity: Identity) => JsonObject | undefined,
): Rows<TwinRow> {
  const document = ({ record, twin }: TwinRow): JsonObject =>
    twinRowDocument(record, shape(record, twin), configurationsOf(record.identity))
  const section = (name: 'desired' | 'reported') => (row: TwinRow) => {
    const { properties, metadata, version } = row.twin[name]
    return keepFloats({ ...properties, $metadata: metadata, $version: version }, properties)
  }
  const fields: Fields<TwinRow> = new Map<string, (row: TwinRow) => Json | undefined>([
    ...FROM_DOCUMENT.map(
      (name) => [name.toLowerCase(), (row: TwinRow) => shape(row.record, row.twin)[name]] as const,
    ),
    // The registry's name for the same time; the portal and IoT Explorer ask for this one.
    ['statusupdatedtime', (row) => shape(row.record, row.twin)['statusUpdateTime']],
    ...DIRECT,
    ['configurations', ({ record }) => configurationsOf(record.identity)],
    ['properties.desired', section('desired')],
    ['properties.reported', section('reported')],
    // What is below, unless its name begins with $: read without a copy of the section.
    ['properties.desired.', (row) => row.twin.desired.properties],
    ['properties.reported.', (row) => row.twin.reported.properties],
  ])
  const rowsOf = function* (device: IdentityRecord): Iterable<IdentityRecord> {
    if (collection === 'devices') yield device
    else yield* hub.registry.modulesOf(device.identity.deviceId)
  }
  return {
    fields,
    document,
    position: ({ record }) => {
      const device = hub.registry.find({ deviceId: record.identity.deviceId })
      return { key: identityKey(record.identity), order: (device ?? record).generationId }
    },
    *scan(after) {
      let skip = after === undefined ? undefined : behind(hub, after)
      for (const device of hub.registry.devices()) {
        if (skip !== undefined) {
          const place = skip(device)
          if (place === 'before') continue
          skip = undefined
          if (place === 'at') {
            if (collection === 'devices') continue
            yield* modulesBehind(hub, device, after).map((record) => new TwinRow(record, hub.twins))
            continue
          }
        }
        for (const record of rowsOf(device)) yield new TwinRow(record, hub.twins)
      }
    },
    *ofDevices(deviceIds) {
      for (const deviceId of new Set(deviceIds)) {
        const device = hub.registry.find({ deviceId })
        if (device === undefined) continue
        for (const record of rowsOf(device)) yield new TwinRow(record, hub.twins)
      }
    },
  }
}

/** Tells devices before a position from that at it and those behind it, also when the one at it is gone. */
function behind(
  hub: Pick<TwinSource, 'registry'>,
  { key, order }: Position,
): (device: IdentityRecord) => 'before' | 'at' | 'behind' {
  const deviceId = key.split('/', 1)[0] ?? key
  if (hub.registry.find({ deviceId })?.generationId === order)
    return ({ identity }) => (identity.deviceId === deviceId ? 'at' : 'before')
  // Ticks of one length grow as numbers do.
  return ({ generationId }) => (generationId > order ? 'behind' : 'before')
}

function modulesBehind(
  hub: Pick<TwinSource, 'registry'>,
  device: IdentityRecord,
  after: Position | undefined,
): readonly IdentityRecord[] {
  const modules = hub.registry.modulesOf(device.identity.deviceId)
  const index = modules.findIndex(({ identity }) => identityKey(identity) === after?.key)
  // The module is gone: rows of this device may come twice rather than never.
  return modules.slice(index + 1)
}
