/** The difference of two JSON objects as a JSON patch (RFC 6902). */

import { isObject, own, type JsonObject } from '../../base/json.ts'

/** @returns the steps that make `after` of `before`, in the order of the names; none: they are equal. */
export function jsonPatch(before: JsonObject, after: JsonObject, path = ''): readonly JsonObject[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((name) => {
    const place = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const old = own(before, name)
    const value = own(after, name)
    if (value === undefined) return [{ op: 'remove', path: place }]
    if (old === undefined) return [{ op: 'add', path: place, value }]
    if (isObject(old) && isObject(value)) return jsonPatch(old, value, place)
    return JSON.stringify(old) === JSON.stringify(value) ? [] : [{ op: 'replace', path: place, value }]
  })
}
