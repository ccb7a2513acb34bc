/** The documented semantics of twin patches, small: null deletes, objects merge, everything else replaces. */

import type { Json, JsonObject } from '../driver/client-driver.ts'

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The document after a patch. */
export function merged(document: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map(Object.entries(document))
  for (const [name, value] of Object.entries(patch)) {
    const before = result.get(name)
    if (value === null) result.delete(name)
    else if (isObject(value)) result.set(name, merged(isObject(before) ? before : {}, value))
    else result.set(name, value)
  }
  return Object.fromEntries(result)
}

/** The patch that deletes everything. */
export function clearing(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(document).map((name) => [name, null]))
}
