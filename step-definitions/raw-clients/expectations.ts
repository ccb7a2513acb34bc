/** Compares actual values with the `path | value` rows of a table; a pattern is written between slashes. */

import { isDeepStrictEqual } from 'node:util'
import { jsonOf } from './https-client.ts'

/**
 * The value at a dotted path, for example `desired.$version`, `0.deviceId`; `length` of an array.
 * A part that contains a dot is quoted: `"a.b"`.
 */
export function valueAt(value: unknown, path: string): unknown {
  let current = value
  for (const part of path.match(/"[^"]*"|[^.]+/g) ?? []) {
    const name = part.replace(/^"|"$/g, '')
    if (Array.isArray(current) && name === 'length') return current.length
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) return undefined
    current = (current as Record<string, unknown>)[name]
  }
  return current
}

/**
 * Compares a value with a cell: `/pattern/`, `absent`, `present`, `empty`, JSON, or plain text.
 * @returns undefined when they match, otherwise a description of the difference.
 */
export function mismatch(actual: unknown, cell: string): string | undefined {
  if (cell === 'absent') return actual === undefined ? undefined : `is present: ${shown(actual)}`
  if (cell === 'present') return actual === undefined ? 'is absent' : undefined
  if (cell === 'empty') return isEmpty(actual) ? undefined : `is not empty: ${shown(actual)}`
  const pattern = /^\/(.+)\/$/s.exec(cell)?.[1]
  if (pattern !== undefined) {
    // Otherwise a pattern for any text would also match what is not there.
    if (actual === undefined) return `is absent, expected to match /${pattern}/`
    return new RegExp(pattern, 'u').test(text(actual))
      ? undefined
      : `is ${shown(actual)}, expected to match /${pattern}/`
  }
  if (text(actual) === cell) return undefined
  const expected = jsonOf(cell)
  if (expected !== undefined && isDeepStrictEqual(plain(actual), expected)) return undefined
  return `is ${shown(actual)}, expected ${cell}`
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** Without prototypes, so that it can be compared with parsed JSON. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : jsonOf(JSON.stringify(value))
}

function text(value: unknown): string {
  if (value === undefined) return 'absent'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function shown(value: unknown): string {
  const whole = text(value)
  return whole.length > 300 ? `${whole.slice(0, 300)}… (${String(whole.length)} characters)` : whole
}
