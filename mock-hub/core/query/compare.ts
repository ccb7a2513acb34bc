/**
 * When two values compare: both primitive and of one type; null is a type of its own. Anything else is undefined, and a
 * condition that is undefined matches no row. Texts compare by their UTF-16 units, so times in ISO 8601 compare as times.
 */

import type { Comparison } from './ast.ts'
import type { Value } from './value.ts'

/** @returns undefined when the two do not compare. */
export function compare(operator: Comparison, left: Value, right: Value): boolean | undefined {
  const type = primitiveType(left)
  if (type === undefined || type !== primitiveType(right)) return undefined
  if (operator === '=') return left === right
  if (operator === '!=') return left !== right
  // Both are of one type; null is neither before nor after null.
  const a = left as number
  const b = right as number
  switch (operator) {
    case '<':
      return a < b
    case '>':
      return a > b
    case '<=':
      return a <= b
    case '>=':
      return a >= b
  }
}

/** `IN`: true when one of the values equals; undefined when none does and one does not compare. */
export function membership(values: readonly Value[]): (value: Value) => boolean | undefined {
  const known = new Set(values)
  const types = new Set(values.map(primitiveType))
  return (value) => {
    const type = primitiveType(value)
    if (type === undefined) return undefined
    if (known.has(value)) return true
    return types.size === 1 && types.has(type) ? false : values.length === 0 ? false : undefined
  }
}

function primitiveType(value: Value): 'string' | 'number' | 'boolean' | 'null' | undefined {
  if (value === null) return 'null'
  const type = typeof value
  return type === 'string' || type === 'number' || type === 'boolean' ? type : undefined
}
