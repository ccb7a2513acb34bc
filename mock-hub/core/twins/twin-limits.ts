/** Limits of twins: keys, values, depth and size (WIRE-TWIN-24 to WIRE-TWIN-30). */

import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { isWholeFloat } from '../../base/json-floats.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'

export const TWIN_LIMITS = {
  /** Bytes of a section, by the service's own formula; see {@link sizeOf}. */
  tags: 8_192,
  desired: 32_768,
  reported: 32_768,
  keyBytes: 1_024,
  stringBytes: 4_096,
  smallestInteger: -4_503_599_627_370_496,
  largestInteger: 4_503_599_627_370_495,
  /**
   * Nested objects below a section, the section itself not counted: the service's example has ten nested objects and a
   * property in the tenth.
   */
  depth: 10,
} as const

export type TwinSectionName = 'tags' | 'desired' | 'reported'

const NUMBER_BYTES = 8
const BOOLEAN_BYTES = 4

/** C0, C1, full stop, dollar sign, number sign and space. */
const FORBIDDEN_IN_KEYS = /[\u0000-\u001f\u0080-\u009f.$# ]/

const CONTROLS = /[\u0000-\u001f\u0080-\u009f]/g

/**
 * Checks a patch, nulls included.
 * @throws HubError ArgumentInvalid, which names the path, the rule and the value.
 */
export function checkPatch(section: TwinSectionName, patch: JsonObject): void {
  checkObject(section, patch, 0)
}

/**
 * Checks a whole section that replaces another: it has no null.
 * @throws HubError ArgumentInvalid.
 */
export function checkReplacement(section: TwinSectionName, properties: JsonObject): void {
  const path = nullIn(section, properties)
  if (path !== undefined) throw nullValue(path, 'in Property/Tag', 'WIRE-TWIN-39')
}

/** Checks the section that a write results in. @throws HubError DeviceModelMaxPropertiesExceeded. */
export function checkSize(section: TwinSectionName, properties: JsonObject): void {
  const size = sizeOf(properties)
  const limit = TWIN_LIMITS[section]
  if (size <= limit) return
  const name = section === 'tags' ? 'Tags' : `Properties.${section === 'desired' ? 'Desired' : 'Reported'}`
  throw new HubError({
    kind: 'DeviceModelMaxPropertiesExceeded',
    message: `'${name}' size should be less than ${String(limit)} bytes. The size is ${String(size)} bytes.`,
    rule: 'WIRE-TWIN-25',
    expected: `${section} of at most ${String(limit)} bytes`,
    received: `${String(size)} bytes`,
  })
}

/** Size by the service's formula: keys and strings in UTF-8 without control characters, 8 for a number, 4 for a boolean (WIRE-TWIN-30). */
export function sizeOf(value: Json): number {
  switch (typeof value) {
    case 'string':
      return textBytes(value)
    case 'number':
      return NUMBER_BYTES
    case 'boolean':
      return BOOLEAN_BYTES
    default: {
      if (value === null) return 0
      let size = 0
      if (Array.isArray(value)) for (const item of value as readonly Json[]) size += sizeOf(item)
      else for (const [key, item] of Object.entries(value)) size += textBytes(key) + sizeOf(item)
      return size
    }
  }
}

function textBytes(text: string): number {
  return Buffer.byteLength(text.replace(CONTROLS, ''))
}

function checkObject(path: string, object: JsonObject, depth: number): void {
  checkDepth(path, depth)
  for (const [key, value] of Object.entries(object)) {
    checkKey(path, key)
    if (typeof value === 'number') checkNumber(`${path}.${key}`, value, isWholeFloat(object, key))
    else checkValue(`${path}.${key}`, value, depth)
  }
}

function checkDepth(path: string, depth: number): void {
  if (depth <= TWIN_LIMITS.depth) return
  throw invalid(
    'WIRE-TWIN-29',
    `at most ${String(TWIN_LIMITS.depth)} levels of objects`,
    `one more at ${quoted(path)}`,
  )
}

function checkKey(path: string, key: string): void {
  const where = `a key ${quoted(key)} in ${quoted(path)}`
  if (key === '$version' || key === '$metadata')
    throw invalid('WIRE-TWIN-13', 'no $version and no $metadata: only the hub writes them', where)
  if (FORBIDDEN_IN_KEYS.test(key)) throw badCharacters(key, where)
  const bytes = Buffer.byteLength(key)
  if (bytes > TWIN_LIMITS.keyBytes)
    throw invalid(
      'WIRE-TWIN-26',
      `keys of at most ${String(TWIN_LIMITS.keyBytes)} bytes`,
      `${String(bytes)} bytes in ${where}`,
    )
}

function checkValue(path: string, value: Json, depth: number): void {
  if (typeof value === 'string') {
    const bytes = Buffer.byteLength(value)
    if (bytes <= TWIN_LIMITS.stringBytes) return
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: `Property or Tag value should be maximum ${String(TWIN_LIMITS.stringBytes)} bytes. Error in Property/Tag ${value}`,
      rule: 'WIRE-TWIN-27',
      expected: `strings of at most ${String(TWIN_LIMITS.stringBytes)} bytes`,
      received: `${String(bytes)} bytes at ${quoted(path)}`,
    })
  }
  if (Array.isArray(value)) {
    checkDepth(path, depth + 1)
    for (const [index, item] of (value as readonly Json[]).entries()) {
      const nullAt = nullIn(`${path}[${String(index)}]`, item)
      if (nullAt !== undefined) throw nullValue(nullAt, 'inProperty/Tag', 'WIRE-TWIN-24')
      if (typeof item === 'number')
        checkNumber(`${path}[${String(index)}]`, item, isWholeFloat(value as readonly Json[], String(index)))
      else checkValue(`${path}[${String(index)}]`, item, depth + 1)
    }
    return
  }
  if (isObject(value)) checkObject(path, value, depth + 1)
}

/** @param isFloat written as a float although its value is whole: a float has no bounds but its own. */
function checkNumber(path: string, value: number, isFloat: boolean): void {
  const { smallestInteger, largestInteger } = TWIN_LIMITS
  if (!Number.isFinite(value))
    throw invalid('WIRE-TWIN-28', 'numbers that a double can hold', `a greater one at ${quoted(path)}`)
  if (isFloat || !Number.isInteger(value) || (value >= smallestInteger && value <= largestInteger)) return
  throw invalid(
    'WIRE-TWIN-28',
    `integers from ${String(smallestInteger)} to ${String(largestInteger)}`,
    `${String(value)} at ${quoted(path)}`,
  )
}

/**
 * Where a null is, in objects and arrays alike; undefined: nowhere. It looks no deeper than a twin can be, so that values
 * that contain themselves have an end: the check of the depth refuses them.
 */
function nullIn(path: string, value: Json, depth = 0): string | undefined {
  if (value === null) return path
  if (depth > TWIN_LIMITS.depth) return undefined
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly Json[]).entries()) {
      const found = nullIn(`${path}[${String(index)}]`, item, depth + 1)
      if (found !== undefined) return found
    }
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      const found = nullIn(`${path}.${key}`, item, depth + 1)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** @param place as the service spells it: differently for arrays and for replacements. */
function nullValue(path: string, place: string, rule: string): HubError {
  const name = /([^.[\]]+)(?:\[\d+\])*$/.exec(path)?.[1] ?? path
  return new HubError({
    kind: 'ArgumentInvalid',
    message: `Value of Property or Tag cannot be null. Error ${place} ${name}`,
    rule,
    expected: 'no null in an array, in an object of an array, or in a replacement',
    received: `null at ${quoted(path)}`,
  })
}

/** @param where a key and its place. */
function badCharacters(key: string, where: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    message: `Property or Tag name has invalid characters. Error in Property/Tag ${key}. Must not contain Control Characters, '.', '$', '#', or ' '.`,
    rule: 'WIRE-TWIN-26',
    expected: 'keys without control characters, full stop, dollar sign, number sign and space',
    received: where,
  })
}

function invalid(rule: string, expected: string, received: string): HubError {
  return new HubError({ kind: 'ArgumentInvalid', rule, expected, received })
}
