/**
 * JSON merge patch of twins (RFC 7396): null deletes a key, objects are merged, any other value replaces. Metadata follows
 * the values. All results are new objects.
 */

import { isObject, objectOf, own, type Json, type JsonObject } from '../../base/json.ts'
import { keepFloats } from '../../base/json-floats.ts'

/** Values with the metadata that mirrors them. */
export interface Annotated {
  readonly properties: JsonObject
  readonly metadata: JsonObject
}

export const NOTHING: JsonObject = Object.freeze({})

/** `{a: {b: null}}` merged into nothing gives `{a: {}}`. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const before = isObject(target) ? target : NOTHING
  const merged = new Map<string, Json>(Object.entries(before))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return keepFloats(objectOf(merged), before, patch)
}

/**
 * Merges a patch and updates the metadata.
 * @param stamp metadata of each node that the patch touches, such as `$lastUpdated`.
 */
export function mergeAnnotated(target: Annotated, patch: JsonObject, stamp: JsonObject): Annotated {
  const properties = new Map(Object.entries(target.properties))
  const metadata = new Map(Object.entries(target.metadata))
  for (const [key, value] of Object.entries(stamp)) metadata.set(key, value)
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      properties.delete(key)
      metadata.delete(key)
    } else if (isObject(value)) {
      const before = properties.get(key)
      const known = metadata.get(key)
      // A value that was not an object is replaced, with its metadata.
      const base = isObject(before) && isObject(known) ? { properties: before, metadata: known } : EMPTY
      const merged = mergeAnnotated(base, value, stamp)
      properties.set(key, merged.properties)
      metadata.set(key, merged.metadata)
    } else {
      properties.set(key, value)
      metadata.set(key, stamp)
    }
  }
  return {
    properties: keepFloats(objectOf(properties), target.properties, patch),
    metadata: objectOf(metadata),
  }
}

/**
 * Adds to the metadata of the values of a patch.
 * @param more a tree of the shape of the patch with an object in place of each value.
 */
export function withMore(metadata: JsonObject, patch: JsonObject, more: JsonObject): JsonObject {
  const all = new Map(Object.entries(metadata))
  for (const [key, value] of Object.entries(patch)) {
    const known = all.get(key)
    const added = own(more, key)
    if (!isObject(known) || !isObject(added)) continue
    all.set(key, isObject(value) ? withMore(known, value, added) : { ...known, ...added })
  }
  return objectOf(all)
}

const EMPTY: Annotated = { properties: NOTHING, metadata: NOTHING }
