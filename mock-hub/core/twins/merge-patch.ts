/**
 * JSON merge patch as twins mean it (RFC 7396; wire contract 3.2): null deletes, objects merge, all else replaces. The
 * metadata of what changed follows, and that of what is gone goes. Nothing is changed in place.
 */

import { isObject, objectOf, type Json, type JsonObject } from '../../base/json.ts'

/** Values with the metadata that mirrors them. */
export interface Annotated {
  readonly properties: JsonObject
  readonly metadata: JsonObject
}

export const NOTHING: JsonObject = Object.freeze({})

/** `{a: {b: null}}` on nothing leaves `{a: {}}`; a whole document put in place drops its nulls the same way. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const merged = new Map<string, Json>(isObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return objectOf(merged)
}

/**
 * The same with metadata.
 * @param stamp what is said of each node that the patch touches, such as `$lastUpdated`.
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
      // A value that was no object is replaced, and so is what was said of it.
      const base = isObject(before) && isObject(known) ? { properties: before, metadata: known } : EMPTY
      const merged = mergeAnnotated(base, value, stamp)
      properties.set(key, merged.properties)
      metadata.set(key, merged.metadata)
    } else {
      properties.set(key, value)
      metadata.set(key, stamp)
    }
  }
  return { properties: objectOf(properties), metadata: objectOf(metadata) }
}

const EMPTY: Annotated = { properties: NOTHING, metadata: NOTHING }
