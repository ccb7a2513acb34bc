/** Limits of twins: keys, values, depth and size (WIRE-TWIN-24 to WIRE-TWIN-30). */

import { isObject, type Json, type JsonObject } from '../../base/json.ts'
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

/** C0, C1, full stop, dollar sign and space. */
const FORBIDDEN_IN_KEYS = /[\u0000-\u001f\u0080-\u009f.$ ]/

const CONTROLS = /[\u0000-\u001f\u0080-\u009f]/g

/**
 * Checks a patch, nulls included.
 * @throws HubError ArgumentInvalid, which names the path, the rule and the value.
 */
export function checkPatch(section: TwinSectionName, patch: JsonObject): void {
  checkObject(section, patch, 0)
}

/** Checks the size of a section after a patch. @throws HubError ArgumentInvalid. */
export function checkSize(section: TwinSectionName, properties: JsonObject): void {
  const size = sizeOf(properties)
  const limit = TWIN_LIMITS[section]
  if (size <= limit) return
  throw invalid('WIRE-TWIN-25', `${section} of at most ${String(limit)} bytes`, `${String(size)} bytes`)
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
    checkValue(`${path}.${key}`, value, depth)
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
  if (key === '') throw invalid('WIRE-TWIN-26', 'keys that are not empty', where)
  if (FORBIDDEN_IN_KEYS.test(key))
    throw invalid('WIRE-TWIN-26', 'keys without control characters, full stop, dollar sign and space', where)
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
    throw invalid(
      'WIRE-TWIN-27',
      `strings of at most ${String(TWIN_LIMITS.stringBytes)} bytes`,
      `${String(bytes)} bytes at ${quoted(path)}`,
    )
  }
  if (typeof value === 'number') {
    checkNumber(path, value)
    return
  }
  if (Array.isArray(value)) {
    checkDepth(path, depth + 1)
    for (const [index, item] of (value as readonly Json[]).entries()) {
      if (item === null)
        throw invalid('WIRE-TWIN-24', 'no null in an array', `null at ${quoted(`${path}[${String(index)}]`)}`)
      checkValue(`${path}[${String(index)}]`, item, depth + 1)
    }
    return
  }
  if (isObject(value)) checkObject(path, value, depth + 1)
}

function checkNumber(path: string, value: number): void {
  const { smallestInteger, largestInteger } = TWIN_LIMITS
  if (!Number.isInteger(value) || (value >= smallestInteger && value <= largestInteger)) return
  throw invalid(
    'WIRE-TWIN-28',
    `integers from ${String(smallestInteger)} to ${String(largestInteger)}`,
    `${String(value)} at ${quoted(path)}`,
  )
}

function invalid(rule: string, expected: string, received: string): HubError {
  return new HubError({ kind: 'ArgumentInvalid', rule, expected, received })
}
