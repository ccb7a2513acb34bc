/**
 * The functions: those of queries over twins and jobs, and those of message routes. The page on the language keeps the
 * two apart, and so does the service: `STARTSWITH` is the query's name, `STARTS_WITH` the route's.
 * Arguments of the wrong type give undefined.
 */

import type { Json } from '../../base/json.ts'
import { compare } from './compare.ts'
import { finite, type FunctionTable, type QueryFunction, type Value } from './value.ts'

const one = (of: (value: Value) => Value): QueryFunction => ({ arity: [1, 1], of })
const two = (of: (value: Value, other: Value) => Value): QueryFunction => ({ arity: [2, 2], of })
const text = (of: (value: string) => Json): QueryFunction =>
  one((value) => (typeof value === 'string' ? of(value) : undefined))
const texts = (of: (value: string, other: string) => Json): QueryFunction =>
  two((value, other) =>
    typeof value === 'string' && typeof other === 'string' ? of(value, other) : undefined,
  )
const number = (of: (value: number) => number): QueryFunction =>
  one((value) => (typeof value === 'number' ? finite(of(value)) : undefined))

const isObject = (value: Value): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Functions of both; a name in upper case, read in any case. */
const TYPE_FUNCTIONS: readonly (readonly [string, QueryFunction])[] = [
  ['IS_DEFINED', one((value) => value !== undefined)],
  ['IS_BOOL', one((value) => typeof value === 'boolean')],
  ['IS_NULL', one((value) => value === null)],
  ['IS_NUMBER', one((value) => typeof value === 'number')],
  ['IS_OBJECT', one(isObject)],
  ['IS_PRIMITIVE', one((value) => value === null || ['string', 'number', 'boolean'].includes(typeof value))],
  ['IS_STRING', one((value) => typeof value === 'string')],
]

/** Queries over twins and jobs, and what targets are chosen by. */
export const QUERY_FUNCTIONS: FunctionTable = new Map<string, QueryFunction>([
  ...TYPE_FUNCTIONS,
  ['STARTSWITH', texts((value, other) => value.startsWith(other))],
  ['ENDSWITH', texts((value, other) => value.endsWith(other))],
  ['ARRAY_CONTAINS', two(arrayContains)],
])

/** Conditions of message routes. */
export const ROUTE_FUNCTIONS: FunctionTable = new Map<string, QueryFunction>([
  ...TYPE_FUNCTIONS,
  ['IS_ARRAY', one((value) => Array.isArray(value))],
  ['AS_NUMBER', one(asNumber)],
  ['STARTS_WITH', texts((value, other) => value.startsWith(other))],
  ['ENDS_WITH', texts((value, other) => value.endsWith(other))],
  ['CONTAINS', texts((value, other) => value.includes(other))],
  ['INDEX_OF', texts((value, other) => value.indexOf(other))],
  ['LENGTH', text((value) => value.length)],
  ['LOWER', text((value) => value.toLowerCase())],
  ['UPPER', text((value) => value.toUpperCase())],
  [
    'CONCAT',
    {
      arity: [2, Infinity],
      of: (...values) => (values.every((value) => typeof value === 'string') ? values.join('') : undefined),
    },
  ],
  ['SUBSTRING', { arity: [2, 3], of: substring }],
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

/** Whether one of the items, not of the arrays inside them, equals the value. */
function arrayContains(array: Value, value: Value): Value {
  if (!Array.isArray(array) || value === undefined || (typeof value === 'object' && value !== null))
    return undefined
  return array.some((item) => compare('=', item as Json, value) === true)
}

/** Undefined where edgeHub says so: a start or a length beyond the text. */
function substring(value: Value, start: Value, length?: Value): Value {
  if (typeof value !== 'string' || typeof start !== 'number' || start < 0 || start > value.length)
    return undefined
  if (length === undefined) return value.slice(start)
  if (typeof length !== 'number' || length < 0 || length > value.length - start) return undefined
  return value.slice(start, start + length)
}

function asNumber(value: Value): Value {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return undefined
  return finite(Number(value))
}
