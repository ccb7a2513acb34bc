/** The difference of two JSON documents, as a person reads it and as the hub merges it. */

import type { Json, JsonObject } from './types.ts'

export interface Change {
  /** `a.b` */
  readonly path: string
  readonly kind: 'added' | 'changed' | 'removed'
  readonly before?: Json
  readonly after?: Json
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every leaf that differs, in the order of the paths. */
export function changesBetween(before: JsonObject, after: JsonObject, path = ''): readonly Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((name): readonly Change[] => {
    const at = path === '' ? name : `${path}.${name}`
    const [old, young] = [get(before, name), get(after, name)]
    if (isObject(old) && isObject(young)) return changesBetween(old, young, at)
    if (old === undefined && young !== undefined) return [{ path: at, kind: 'added', after: young }]
    if (old !== undefined && young === undefined) return [{ path: at, kind: 'removed', before: old }]
    if (old === undefined || young === undefined || same(old, young)) return []
    return [{ path: at, kind: 'changed', before: old, after: young }]
  })
}

/** The merge patch that leads from one document to another: null removes. */
export function patchBetween(before: JsonObject, after: JsonObject): JsonObject {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const entries = names.flatMap((name): readonly (readonly [string, Json])[] => {
    const [old, young] = [get(before, name), get(after, name)]
    if (young === undefined) return [[name, null]]
    if (isObject(old) && isObject(young)) {
      const inner = patchBetween(old, young)
      return Object.keys(inner).length === 0 ? [] : [[name, inner]]
    }
    return old !== undefined && same(old, young) ? [] : [[name, young]]
  })
  return Object.fromEntries(entries)
}

function get(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function same(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** A section of a twin without its metadata. */
export function withoutMetadata(section: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(section).filter(([name]) => name !== '$metadata' && name !== '$version'),
  )
}

/** The paths of a document that lead to numbers: `a.b`, `list.0`. */
export function numbersIn(value: Json, path = ''): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path === '' ? 'value' : path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]: [string, Json]) =>
    numbersIn(inner, path === '' ? name : `${path}.${name}`),
  )
}

/** Where a JSON text goes wrong, in words; undefined: it is JSON. */
export function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const position = /position (\d+)/.exec(message)?.[1]
    if (position === undefined) return `not JSON: ${message}`
    const lines = text.slice(0, Number(position)).split('\n')
    return `not JSON at line ${String(lines.length)}, column ${String((lines.at(-1)?.length ?? 0) + 1)}: ${message.replace(/ in JSON at position.*/, '')}`
  }
}
