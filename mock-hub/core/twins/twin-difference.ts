/** What a device is told when desired properties are replaced: a patch that leads from the old document to the new one. */

import { isObject, objectOf, own, type Json, type JsonObject } from '../../base/json.ts'
import { keepFloats } from '../../base/json-floats.ts'

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
  return keepFloats(objectOf(patch), after)
}

/**
 * Whether a patch only deletes what is not there and names objects that are: the device is not told of it. A value counts
 * as a change even if it is the same (WIRE-TWIN-18).
 */
export function namesNoChange(before: JsonObject, patch: JsonObject): boolean {
  const entries = Object.entries(patch)
  return (
    entries.length > 0 &&
    entries.every(([key, value]) => {
      const former = own(before, key)
      if (value === null) return former === undefined
      return isObject(value) && isObject(former) && isNoChange(former, value)
    })
  )
}

/** Also of an empty patch. */
const isNoChange = (before: JsonObject, patch: JsonObject): boolean =>
  Object.keys(patch).length === 0 || namesNoChange(before, patch)
