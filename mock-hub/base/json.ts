/** JSON values. */

/** A JSON value: twins, method payloads, bodies. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
/** A JSON object. */
export interface JsonObject {
  /** A member. */
  readonly [key: string]: Json
}

/** A JSON object; arrays and null are none. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value of an own key; `constructor`, `__proto__` and other inherited names are undefined unless the object has them. */
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** Whether two values say the same; the order of keys says nothing. */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    const [items, others] = [one, other] as readonly (readonly Json[])[] // both are arrays
    return (
      items?.length === others?.length && items?.every((item, at) => sameJson(item, others?.[at])) === true
    )
  }
  if (!isObject(one) || !isObject(other)) return one === other
  const members = Object.entries(one)
  return (
    members.length === Object.keys(other).length &&
    members.every(([key, value]) => Object.hasOwn(other, key) && sameJson(value, other[key]))
  )
}

/** An object with these keys; `__proto__` is a key like any other. */
export function objectOf(entries: Iterable<readonly [string, Json]>): JsonObject {
  return Object.fromEntries(entries)
}
