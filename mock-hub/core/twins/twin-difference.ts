/** What a device is told when desired properties are replaced: a patch that leads from the old document to the new one. */

import { isObject, objectOf, type Json, type JsonObject } from '../../base/json.ts'

/**
 * The new document, with `null` for each property that is gone: `{a: 1, c: 100}` over `{a: 1, b: 2}` is
 * `{a: 1, b: null, c: 100}`. A device that merges it holds the new document (WIRE-TWIN-19).
 */
export function replacementPatch(before: JsonObject, after: JsonObject): JsonObject {
  const old = new Map(Object.entries(before))
  const patch = new Map<string, Json>()
  for (const key of old.keys()) patch.set(key, null)
  for (const [key, value] of Object.entries(after)) {
    const former = old.get(key)
    patch.set(key, isObject(value) && isObject(former) ? replacementPatch(former, value) : value)
  }
  return objectOf(patch)
}
