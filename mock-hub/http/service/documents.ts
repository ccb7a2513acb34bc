/**
 * Identities and twins as JSON documents of the service API (docs/contract/registry.md, docs/contract/twins.md). REST
 * answers, query rows and exports all use these functions.
 */

import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import type { TwinDocument, TwinSection } from '../../core/contract/twins.ts'
import type { Identity } from '../../core/contract/identity.ts'
import { NEVER, utcText } from '../../base/time-text.ts'

/** A device or module as `/devices` returns it. */
export function identityDocument(hub: Pick<Hub, 'c2d'>, record: IdentityRecord): JsonObject {
  const { identity } = record
  const { moduleId } = identity
  return {
    deviceId: identity.deviceId,
    ...(moduleId === undefined ? {} : { moduleId, managedBy: record.managedBy ?? null }),
    generationId: record.generationId,
    etag: record.etag,
    connectionState: record.connectionState,
    ...(moduleId === undefined ? { status: record.status, statusReason: record.statusReason } : {}),
    connectionStateUpdatedTime: registryTime(record.connectionStateUpdatedAt),
    ...(moduleId === undefined ? { statusUpdatedTime: registryTime(record.statusUpdatedAt) } : {}),
    lastActivityTime: registryTime(record.lastActivityAt),
    cloudToDeviceMessageCount: hub.c2d.count(identity),
    authentication: {
      symmetricKey: { ...record.authentication.symmetricKey },
      x509Thumbprint: { ...record.authentication.x509Thumbprint },
      type: record.authentication.type,
    },
    ...(moduleId === undefined ? { capabilities: { iotEdge: record.iotEdge } } : {}),
    ...scopes(record),
  }
}

/** A twin as `/twins` and `SELECT *` return it. */
export function twinDocument(hub: Pick<Hub, 'c2d'>, record: IdentityRecord, twin: TwinDocument): JsonObject {
  const { moduleId } = twin.identity
  return {
    deviceId: twin.identity.deviceId,
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
    x509Thumbprint: { ...record.authentication.x509Thumbprint },
    modelId: twin.modelId,
    version: twin.version,
    tags: twin.tags,
    properties: { desired: section(twin.desired), reported: section(twin.reported) },
    ...(moduleId === undefined ? { capabilities: { iotEdge: record.iotEdge } } : {}),
    ...scopes(record),
  }
}

/** The current twin of an identity. @throws HubError DeviceNotFound, ModuleNotFound. */
export function twinDocumentOf(hub: Pick<Hub, 'c2d' | 'registry' | 'twins'>, identity: Identity): JsonObject {
  return twinDocument(hub, hub.registry.get(identity), hub.twins.get(identity))
}

function section({ properties, metadata, version }: TwinSection): JsonObject {
  return { ...properties, $metadata: metadata, $version: version }
}

function scopes(record: IdentityRecord): JsonObject {
  return {
    ...(record.deviceScope === undefined ? {} : { deviceScope: record.deviceScope }),
    ...(record.parentScopes.length === 0 ? {} : { parentScopes: [...record.parentScopes] }),
  }
}

/** In registry answers the time of what never happened has no `Z`. */
function registryTime(at: number | undefined): string {
  return at === undefined ? NEVER : utcText(at)
}

function twinTime(at: number | undefined): string {
  return at === undefined ? `${NEVER}Z` : utcText(at)
}
