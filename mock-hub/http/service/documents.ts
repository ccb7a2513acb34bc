/**
 * Identities and twins as JSON documents of the service API (docs/contract/registry.md, docs/contract/twins.md). REST
 * answers, query rows and exports all use these functions.
 */

import type { Json, JsonObject } from '../../base/json.ts'
import { keepFloats } from '../../base/json-floats.ts'
import { offers } from '../../core/contract/api-versions.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import type { TwinDocument, TwinSection } from '../../core/contract/twins.ts'
import type { Identity } from '../../core/contract/identity.ts'
import { NEVER, shortUtcText } from '../../base/time-text.ts'

/** The answer that shows an identity. */
export type IdentityAnswer = 'created' | 'updated' | 'read' | 'listed'

export interface IdentityShape {
  readonly answer: IdentityAnswer
  readonly apiVersion: string
  /** The caller named `parentScopes`, which the answer to an update then repeats. */
  readonly scopesGiven?: boolean
}

/** Fields that older api-versions do not have. */
const NEWER_FIELDS = ['parentScopes', 'modelId', 'attributes'] as const

/** For documents that no request asked for: events, exports. */
export const NEWEST = '2024-03-31'

/** A device or module as `/devices` shows it. */
export function identityDocument(
  hub: Pick<Hub, 'c2d'>,
  record: IdentityRecord,
  shape: IdentityShape,
): JsonObject {
  const { identity } = record
  const { deviceId, moduleId } = identity
  const isDevice = moduleId === undefined
  const time = (at: number | undefined): string =>
    at === undefined ? `${NEVER}${shape.answer === 'created' ? '' : 'Z'}` : shortUtcText(at)
  return {
    ...(isDevice ? {} : { moduleId, managedBy: record.managedBy ?? null }),
    deviceId,
    generationId: record.generationId,
    etag: record.etag,
    connectionState: record.connectionState,
    ...(isDevice ? { status: record.status, statusReason: record.statusReason } : {}),
    connectionStateUpdatedTime: time(record.connectionStateUpdatedAt),
    ...(isDevice ? { statusUpdatedTime: time(record.statusUpdatedAt) } : {}),
    lastActivityTime: time(record.lastActivityAt),
    cloudToDeviceMessageCount: hub.c2d.count(identity),
    authentication: {
      symmetricKey: { ...record.authentication.symmetricKey },
      x509Thumbprint: { ...record.authentication.x509Thumbprint },
      type: record.authentication.type,
    },
    // A list shows the capabilities of edge devices alone (docs/contract/registry.md#registry-listed).
    ...(isDevice && (record.iotEdge || shape.answer !== 'listed')
      ? { capabilities: { iotEdge: record.iotEdge } }
      : {}),
    ...scopes(record, shape),
    ...attributes(record, shape.apiVersion),
  }
}

/** A twin as `/twins` shows it. A row of a query is the same, and says of a module too that it is no edge device. */
export function twinDocument(
  hub: Pick<Hub, 'c2d'>,
  record: IdentityRecord,
  twin: TwinDocument,
  { apiVersion = NEWEST, row = false }: { readonly apiVersion?: string; readonly row?: boolean } = {},
): JsonObject {
  const { deviceId, moduleId } = twin.identity
  return {
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    etag: twin.etag,
    deviceEtag: record.etag,
    status: record.status,
    ...(record.statusReason === null ? {} : { statusReason: record.statusReason }),
    statusUpdateTime: twinTime(record.statusUpdatedAt),
    connectionState: record.connectionState,
    lastActivityTime: twinTime(record.lastActivityAt),
    cloudToDeviceMessageCount: hub.c2d.count(twin.identity),
    authenticationType: record.authentication.type,
    x509Thumbprint: row ? { ...record.authentication.x509Thumbprint } : thumbprints(record, apiVersion),
    ...(offers('modelId', apiVersion) ? { modelId: twin.modelId } : {}),
    version: twin.version,
    ...(Object.keys(twin.tags).length === 0 ? {} : { tags: twin.tags }),
    properties: { desired: section(twin.desired), reported: section(twin.reported) },
    ...(moduleId === undefined || row ? { capabilities: { iotEdge: record.iotEdge } } : {}),
    ...scopes(record, { answer: 'read', apiVersion }),
    ...attributes(record, apiVersion),
  }
}

/** Measured in 2026: names with a capital letter where there is a thumbprint. Captures of before 2021 have none. */
function thumbprints({ authentication: { x509Thumbprint } }: IdentityRecord, apiVersion: string): JsonObject {
  const { primaryThumbprint, secondaryThumbprint } = x509Thumbprint
  if (apiVersion < '2021' || (primaryThumbprint ?? secondaryThumbprint) === null) return { ...x509Thumbprint }
  return { PrimaryThumbprint: primaryThumbprint, SecondaryThumbprint: secondaryThumbprint }
}

/** A twin row of a query in the shape of an older api-version. */
export function rowOf(row: JsonObject, apiVersion: string): JsonObject {
  const old = NEWER_FIELDS.filter((field) => !offers(field, apiVersion))
  if (old.length === 0) return row
  const rest: Record<string, Json> = { ...row }
  for (const name of old) Reflect.deleteProperty(rest, name)
  return rest
}

/** The current twin of an identity. @throws HubError DeviceNotFound, ModuleNotFound. */
export function twinDocumentOf(hub: Pick<Hub, 'c2d' | 'registry' | 'twins'>, identity: Identity): JsonObject {
  return twinDocument(hub, hub.registry.get(identity), hub.twins.get(identity))
}

function section({ properties, metadata, version }: TwinSection): JsonObject {
  return keepFloats({ ...properties, $metadata: metadata, $version: version }, properties)
}

function scopes(
  record: IdentityRecord,
  { answer, apiVersion, scopesGiven = false }: IdentityShape,
): JsonObject {
  const always = answer === 'created' || (answer === 'updated' && scopesGiven)
  const shown = offers('parentScopes', apiVersion) && (always || record.parentScopes.length > 0)
  return {
    ...(record.deviceScope === undefined ? {} : { deviceScope: record.deviceScope }),
    ...(shown && record.identity.moduleId === undefined ? { parentScopes: [...record.parentScopes] } : {}),
  }
}

function attributes(record: IdentityRecord, apiVersion: string): JsonObject {
  return record.attributes === undefined || !offers('attributes', apiVersion)
    ? {}
    : { attributes: record.attributes }
}

function twinTime(at: number | undefined): string {
  return at === undefined ? `${NEVER}Z` : shortUtcText(at)
}
