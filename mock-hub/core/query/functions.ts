/** The functions of the query language (docs/contract/queries.md). Arguments of other types give undefined. */

import type { Json } from '../../base/json.ts'

/** The value of an expression for a row; undefined: the row does not have it. */
export type Value = Json | undefined

export interface QueryFunction {
  /** Minimum and maximum number of arguments. */
  readonly arity: readonly [number, number]
  readonly of: (...values: Value[]) => Value
}

const text =
  (of: (value: string) => Json) =>
  (value: Value): Value =>
    typeof value === 'string' ? of(value) : undefined
const texts =
  (of: (value: string, other: string) => Json) =>
  (value: Value, other: Value): Value =>
    typeof value === 'string' && typeof other === 'string' ? of(value, other) : undefined
const one = (of: (value: Value) => Value): QueryFunction => ({ arity: [1, 1], of })
const two = (of: (value: Value, other: Value) => Value): QueryFunction => ({ arity: [2, 2], of })
const number = (of: (value: number) => number): QueryFunction =>
  one((value) => (typeof value === 'number' ? finite(of(value)) : undefined))

/** JSON has no infinities. */
export function finite(value: number): Value {
  return Number.isFinite(value) ? value : undefined
}

const isObject = (value: Value): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const FUNCTIONS: ReadonlyMap<string, QueryFunction> = new Map<string, QueryFunction>([
  ['IS_DEFINED', one((value) => value !== undefined)],
  ['IS_ARRAY', one((value) => Array.isArray(value))],
  ['IS_BOOL', one((value) => typeof value === 'boolean')],
  ['IS_NULL', one((value) => value === null)],
  ['IS_NUMBER', one((value) => typeof value === 'number')],
  ['IS_OBJECT', one(isObject)],
  ['IS_PRIMITIVE', one((value) => value === null || ['string', 'number', 'boolean'].includes(typeof value))],
  ['IS_STRING', one((value) => typeof value === 'string')],
  ['STARTS_WITH', two(texts((value, other) => value.startsWith(other)))],
  ['STARTSWITH', two(texts((value, other) => value.startsWith(other)))],
  ['ENDS_WITH', two(texts((value, other) => value.endsWith(other)))],
  ['ENDSWITH', two(texts((value, other) => value.endsWith(other)))],
  ['CONTAINS', two(texts((value, other) => value.includes(other)))],
  ['LENGTH', one(text((value) => value.length))],
  ['LOWER', one(text((value) => value.toLowerCase()))],
  ['UPPER', one(text((value) => value.toUpperCase()))],
  [
    'CONCAT',
    {
      arity: [2, Infinity],
      of: (...values) => (values.every((value) => typeof value === 'string') ? values.join('') : undefined),
    },
  ],
  [
    'SUBSTRING',
    {
      arity: [2, 3],
      of: (value, start, length) =>
        typeof value === 'string' &&
        typeof start === 'number' &&
        (length === undefined || typeof length === 'number')
          ? value.slice(Math.max(0, start), length === undefined ? undefined : Math.max(0, start + length))
          : undefined,
    },
  ],
  ['INDEX_OF', two(texts((value, other) => value.indexOf(other)))],
  ['AS_NUMBER', one(asNumber)],
  ['ABS', number(Math.abs)],
  ['EXP', number(Math.exp)],
  ['SQUARE', number((value) => value * value)],
  ['CEILING', number(Math.ceil)],
  ['FLOOR', number(Math.floor)],
  ['SIGN', number(Math.sign)],
  ['SQRT', number(Math.sqrt)],
  [
    'POWER',
    two((value, other) =>
      typeof value === 'number' && typeof other === 'number' ? finite(value ** other) : undefined,
    ),
  ],
])

function asNumber(value: Value): Value {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return undefined
  return finite(Number(value))
}
