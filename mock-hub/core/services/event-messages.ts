/**
 * Event messages of the hub itself in the event stream: twin changes, lifecycle and connection state of identities
 * (WIRE-EVT-01 to WIRE-EVT-03). `settings.eventSources` names the sources that are on.
 */

import { isObject, objectOf, own, type Json, type JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import type { TwinChange, TwinSection } from '../contract/twins.ts'
import { parseIdentityKey, type Identity } from '../contract/identity.ts'
import type { TelemetryMessage } from '../contract/message.ts'
import type { DocumentRenderer } from '../contract/services/documents.ts'

type Source = Exclude<TelemetryMessage['source'], 'Telemetry'>

const SCHEMA: Readonly<Record<Source, string>> = {
  twinChangeEvents: 'twinChangeNotification',
  deviceLifecycleEvents: 'deviceLifecycleNotification',
  deviceConnectionStateEvents: 'deviceConnectionStateNotification',
}

/** Starts to send event messages. @returns stops. */
export function startEventMessages(
  hub: Pick<Hub, 'hostName' | 'settings' | 'clock' | 'registry' | 'twins' | 'journal' | 'telemetry'>,
  shapes: Pick<DocumentRenderer, 'twin' | 'time'>,
): () => void {
  const sources = new Set<Source>(hub.settings.eventSources)
  const hubName = hub.hostName.split('.', 1)[0] ?? hub.hostName
  let connections = 0n
  // Sequence numbers increase over restarts too: they begin with the time.
  const firstConnection = BigInt(hub.clock.now()) << 32n

  const send = (source: Source, identity: Identity, opType: string, body: JsonObject): void => {
    const record = hub.registry.find(identity)
    hub.telemetry.append({
      source,
      deviceId: identity.deviceId,
      moduleId: identity.moduleId,
      body: Buffer.from(JSON.stringify(body)),
      system: { contentType: 'application/json', contentEncoding: 'utf-8', userId: hubName },
      properties: {
        hubName,
        deviceId: identity.deviceId,
        ...(identity.moduleId === undefined ? {} : { moduleId: identity.moduleId }),
        operationTimestamp: shapes.time(hub.clock.now()),
        'iothub-message-schema': SCHEMA[source],
        opType,
      },
      authMethod: JSON.stringify({
        scope: 'hub',
        type: 'sas',
        issuer: 'iothub',
        acceptingIpFilterRule: null,
      }),
      authGenerationId: record?.generationId ?? '',
      modelId: undefined,
    })
  }

  const stops: (() => void)[] = []
  if (sources.has('twinChangeEvents'))
    stops.push(
      hub.twins.onChange((change) => {
        const replaced = change.type === 'replaced'
        const body = replaced
          ? shapes.twin(hub.registry.get(change.twin.identity), change.twin)
          : changed(change)
        send('twinChangeEvents', change.twin.identity, replaced ? 'replaceTwin' : 'updateTwin', body)
      }),
    )
  if (sources.has('deviceLifecycleEvents'))
    stops.push(
      hub.registry.onChange(({ type, record }) => {
        if (type === 'updated') return
        const { identity } = record
        const opType = type === 'created' ? 'createDeviceIdentity' : 'deleteDeviceIdentity'
        // A deleted identity has no twin any more.
        const body =
          hub.registry.find(identity) === undefined
            ? { ...identity, etag: record.etag, generationId: record.generationId }
            : shapes.twin(record, hub.twins.get(identity))
        send('deviceLifecycleEvents', identity, opType, body)
      }),
    )
  if (sources.has('deviceConnectionStateEvents'))
    stops.push(
      hub.journal.subscribe((entry) => {
        if (entry.type !== 'connected' && entry.type !== 'disconnected') return
        const sequenceNumber = (firstConnection + ++connections).toString(16).toUpperCase().padStart(64, '0')
        const opType = entry.type === 'connected' ? 'deviceConnected' : 'deviceDisconnected'
        send('deviceConnectionStateEvents', parseIdentityKey(entry.identity), opType, { sequenceNumber })
      }),
    )
  return () => {
    for (const stop of stops) stop()
  }
}

/** Version, and the sections of the patch with their metadata. */
function changed({ twin, tags, desired, reported }: TwinChange): JsonObject {
  const properties: Record<string, Json> = {}
  if (desired !== undefined) properties['desired'] = patchOf(desired ?? {}, twin.desired)
  if (reported !== undefined) properties['reported'] = patchOf(reported, twin.reported)
  return {
    version: twin.version,
    ...(tags === undefined ? {} : { tags: tags ?? {} }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  }
}

function patchOf(patch: JsonObject, { metadata, version }: TwinSection): JsonObject {
  return { ...patch, $metadata: metadataOf(patch, metadata), $version: version }
}

/** The metadata of the keys of the patch. */
function metadataOf(patch: JsonObject, metadata: JsonObject): JsonObject {
  const part = new Map<string, Json>()
  for (const [key, value] of Object.entries(metadata)) {
    const child = own(patch, key)
    if (key === '$lastUpdated' || key === '$lastUpdatedVersion') part.set(key, value)
    else if (child === undefined) continue
    else part.set(key, isObject(child) && isObject(value) ? metadataOf(child, value) : value)
  }
  return objectOf(part)
}
