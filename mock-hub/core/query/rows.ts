/** The rows of queries: devices and modules of the registry, and other collections such as jobs. */

import type { Json, JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import type { IdentityRecord } from '../contract/registry.ts'
import type { TwinDocument } from '../contract/twins.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import type { Fields } from './compile.ts'

/** The position of a row in a collection. The next page continues after it, whatever was added or removed meanwhile. */
export interface Position {
  readonly key: string
  /** Increases with each row that is added. */
  readonly order: string
}

export interface Rows<R> {
  readonly fields: Fields<R>
  /** In order of creation, so that rows added between two pages come last. */
  scan(after: Position | undefined): Iterable<R>
  /** The rows of these devices, without a scan. */
  ofDevices(deviceIds: readonly string[]): Iterable<R>
  position(row: R): Position
  readonly document: (row: R) => JsonObject
}

/** A device or module; its twin is read when a query needs it. */
export class TwinRow {
  readonly record: IdentityRecord
  readonly #twins: Hub['twins']
  #twin: TwinDocument | undefined

  constructor(record: IdentityRecord, twins: Hub['twins']) {
    this.record = record
    this.#twins = twins
  }

  get twin(): TwinDocument {
    return (this.#twin ??= this.#twins.get(this.record.identity))
  }
}

/** Renders a row as the service API shows it. */
export type TwinShape = (record: IdentityRecord, twin: TwinDocument) => JsonObject

/** Fields that are read without rendering the whole document, by lower-case path. */
const DIRECT: readonly (readonly [string, (row: TwinRow) => Json | undefined])[] = [
  ['deviceid', ({ record }) => record.identity.deviceId],
  ['moduleid', ({ record }) => record.identity.moduleId],
  ['status', ({ record }) => record.status],
  ['statusreason', ({ record }) => record.statusReason ?? undefined],
  ['connectionstate', ({ record }) => record.connectionState],
  ['authenticationtype', ({ record }) => record.authentication.type],
  ['deviceetag', ({ record }) => record.etag],
  ['devicescope', ({ record }) => record.deviceScope],
  [
    'capabilities.iotedge',
    ({ record }) => (record.identity.moduleId === undefined ? record.iotEdge : undefined),
  ],
  ['etag', ({ twin }) => twin.etag],
  ['version', ({ twin }) => twin.version],
  ['modelid', ({ twin }) => twin.modelId],
  ['tags', ({ twin }) => twin.tags],
]

/** Rare fields, read from the rendered document. */
const FROM_DOCUMENT = [
  'statusUpdateTime',
  'lastActivityTime',
  'cloudToDeviceMessageCount',
  'x509Thumbprint',
  'capabilities',
  'parentScopes',
  'properties',
] as const

/** @param configurationsOf `configurations` of a row; undefined: no configuration targets it. */
export function twinRows(
  hub: Pick<Hub, 'registry' | 'twins'>,
  collection: 'devices' | 'devices.modules',
  shape: TwinShape,
  configurationsOf: (identity: Identity) => JsonObject | undefined,
): Rows<TwinRow> {
  const document = (row: TwinRow): JsonObject => {
    const configurations = configurationsOf(row.record.identity)
    const twin = shape(row.record, row.twin)
    return configurations === undefined ? twin : { ...twin, configurations }
  }
  const section = (name: 'desired' | 'reported') => (row: TwinRow) => {
    const { properties, metadata, version } = row.twin[name]
    return { ...properties, $metadata: metadata, $version: version }
  }
  const fields: Fields<TwinRow> = new Map<string, (row: TwinRow) => Json | undefined>([
    ...FROM_DOCUMENT.map(
      (name) => [name.toLowerCase(), (row: TwinRow) => shape(row.record, row.twin)[name]] as const,
    ),
    ...DIRECT,
    ['configurations', ({ record }) => configurationsOf(record.identity)],
    ['properties.desired', section('desired')],
    ['properties.reported', section('reported')],
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

/** Whether a device is before, at or after a position, also when the device at the position was deleted. */
function behind(
  hub: Pick<Hub, 'registry'>,
  { key, order }: Position,
): (device: IdentityRecord) => 'before' | 'at' | 'behind' {
  const deviceId = key.split('/', 1)[0] ?? key
  if (hub.registry.find({ deviceId })?.generationId === order)
    return ({ identity }) => (identity.deviceId === deviceId ? 'at' : 'before')
  // Ticks have the same length, so their texts compare as numbers.
  return ({ generationId }) => (generationId > order ? 'behind' : 'before')
}

function modulesBehind(
  hub: Pick<Hub, 'registry'>,
  device: IdentityRecord,
  after: Position | undefined,
): readonly IdentityRecord[] {
  const modules = hub.registry.modulesOf(device.identity.deviceId)
  const index = modules.findIndex(({ identity }) => identityKey(identity) === after?.key)
  // The module was deleted: rows of this device may come twice rather than never.
  return modules.slice(index + 1)
}
