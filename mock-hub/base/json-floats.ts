/**
 * Numbers that a text shows as floats although their value is whole: `1.0`, `1e3`. JavaScript has one kind of number and
 * writes `1`; a reader that has two would see the type change. So the hub remembers, beside the objects and arrays that
 * were read, which of their members are such floats. All else sees plain numbers; whoever makes a new object of an old one
 * calls {@link keepFloats}, and what is forgotten is written as `1`.
 */

import type { Json, JsonObject } from './json.ts'
import { tokensOf } from './json-tokens.ts'

type Container = JsonObject | readonly Json[]

/** Keys of objects, indices of arrays. */
const floats = new WeakMap<object, ReadonlySet<string>>()
/** Whether any text had such a number: until then nothing is looked up. */
let met = false

/** Finds each, and a few texts that are none. */
const CANDIDATE = /\d(?:\.0+|[eE][+-]?\d+)(?=[\s,\]}]|$)/
const FLOAT = /^-?\d+[.eE]/

/** Remembers the floats of a text. @param text what the value was read from. @returns the value. */
export function rememberFloats<T>(text: string, value: T): T {
  if (CANDIDATE.test(text) && typeof value === 'object' && value !== null) walk(tokensOf(text), value)
  return value
}

/** Whether a member is a float with a whole value. */
export function isWholeFloat(container: Container, key: string): boolean {
  return met && floats.get(container)?.has(key) === true
}

/** An object made of others knows their floats. @param sources each stands over those before it. @returns the made object. */
export function keepFloats<T extends JsonObject>(
  made: T,
  ...sources: readonly (JsonObject | undefined)[]
): T {
  if (!met) return made
  const kept = new Set<string>()
  for (const source of sources) {
    if (source === undefined) continue
    for (const key of kept) if (Object.hasOwn(source, key)) kept.delete(key)
    for (const key of floats.get(source) ?? []) kept.add(key)
  }
  if (kept.size > 0) floats.set(made, kept)
  return made
}

/** `JSON.stringify`, with a point in each float that is known as one. */
export function jsonText(value: unknown): string {
  return met && holdsFloat(value) ? written(value) : JSON.stringify(value)
}

/** The reverse of {@link jsonText}, for a text that this program has written. */
export function fromJsonText(text: string): unknown {
  return rememberFloats(text, JSON.parse(text) as unknown)
}

/** Goes along the tokens of a valid text. With a key twice the last value counts, and its floats. */
function walk(tokens: readonly string[], root: object): void {
  let at = 0
  const value = (known: unknown): boolean => {
    const token = tokens[at++] ?? ''
    if (token !== '{' && token !== '[') return FLOAT.test(token) && Number.isInteger(Number(token))
    const inside = typeof known === 'object' && known !== null ? (known as Record<string, unknown>) : {}
    const found = new Set(floats.get(inside))
    for (let index = 0; tokens[at] !== '}' && tokens[at] !== ']'; index++) {
      if (tokens[at] === ',') at++
      const key = token === '{' ? keyAt() : String(index)
      if (value(Object.hasOwn(inside, key) ? inside[key] : undefined)) found.add(key)
      else found.delete(key)
    }
    at++
    if (found.size > 0) {
      met = true
      floats.set(inside, found)
    } else floats.delete(inside)
    return false
  }
  const keyAt = (): string => {
    const key = JSON.parse(tokens[at] ?? '') as string // a key is a string
    at += 2
    return key
  }
  value(root)
}

function holdsFloat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return floats.has(value) || Object.values(value).some(holdsFloat)
}

/** @returns undefined where JSON.stringify does. */
function written(value: unknown): string {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return JSON.stringify(value)
  const known = floats.get(value)
  const member = (key: string, of: unknown): string | undefined =>
    known?.has(key) === true && typeof of === 'number' ? floatText(of) : written(of)
  if (Array.isArray(value))
    return `[${value.map((of, index) => member(String(index), of) ?? 'null').join(',')}]`
  const members: string[] = []
  for (const [key, of] of Object.entries(value)) {
    const text = member(key, of)
    if (text !== undefined) members.push(`${JSON.stringify(key)}:${text}`)
  }
  return `{${members.join(',')}}`
}

function floatText(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value)
  return text.includes('e') ? text : `${text}.0`
}
