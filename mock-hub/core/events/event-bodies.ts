/** The bodies of events about twins (docs/contract/events.md#events-sources). */

import { isObject, objectOf, own, type Json, type JsonObject } from '../../base/json.ts'
import { keepFloats } from '../../base/json-floats.ts'
import type { TwinChange, TwinDocument, TwinSection } from '../contract/twins.ts'
import { digitalTwinDocument } from '../twins/digital-twins.ts'
import { jsonPatch } from './json-patch.ts'

/** The twin without what the registry says of its identity. */
export function wholeTwin({ identity, etag, version, tags, desired, reported }: TwinDocument): JsonObject {
  return {
    ...identity,
    etag,
    version,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    properties: {
      desired: sectionOf(desired.properties, desired.metadata, desired.version),
      reported: sectionOf(reported.properties, reported.metadata, reported.version),
    },
  }
}

/** Version, and the sections of the patch with their metadata. */
export function twinChange({ twin, tags, desired, reported }: TwinChange): JsonObject {
  const properties: Record<string, Json> = {}
  if (desired !== undefined) properties['desired'] = patchOf(desired ?? {}, twin.desired)
  if (reported !== undefined) properties['reported'] = patchOf(reported, twin.reported)
  return {
    version: twin.version,
    ...(tags === undefined ? {} : { tags: tags ?? {} }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  }
}

/** The JSON patch between the digital twins of two twins. */
export function digitalTwinChange(before: TwinDocument, after: TwinDocument): readonly JsonObject[] {
  return jsonPatch(digitalTwinDocument(before), digitalTwinDocument(after))
}

function patchOf(patch: JsonObject, { metadata, version }: TwinSection): JsonObject {
  return sectionOf(patch, metadataOf(patch, metadata), version)
}

function sectionOf(properties: JsonObject, metadata: JsonObject, version: number): JsonObject {
  return keepFloats({ ...properties, $metadata: metadata, $version: version }, properties)
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
