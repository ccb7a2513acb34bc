/**
 * Compiles the syntax tree to closures, so that a scan of 100,000 devices does not walk the tree for each.
 *
 * A missing property makes a comparison undefined, and only `true` passes WHERE. AND, OR and NOT follow three-valued
 * logic. Values of different types are not comparable (undefined), except for `null`, which equals only itself.
 */

import { isObject, own, type Json } from '../../base/json.ts'
import type { Arithmetic, Comparison, Expression } from './ast.ts'
import { finite, FUNCTIONS, type Value } from './functions.ts'
import { queryError } from './parse.ts'

export type Read<R> = (row: R) => Value

/** The first steps of a path that a row knows, by lower-case name. */
export type Fields<R> = ReadonlyMap<string, Read<R>>

/** @throws HubError ArgumentInvalid for an unknown function or a wrong number of arguments. */
export function compile<R>(expression: Expression, fields: Fields<R>): Read<R> {
  switch (expression.type) {
    case 'literal': {
      const { value } = expression
      return () => value
    }
    case 'path':
      return compilePath(expression.path, fields)
    case 'not': {
      const of = compile(expression.of, fields)
      return (row) => {
        const value = of(row)
        return typeof value === 'boolean' ? !value : undefined
      }
    }
    case 'negative': {
      const of = compile(expression.of, fields)
      return (row) => {
        const value = of(row)
        return typeof value === 'number' ? -value : undefined
      }
    }
    case 'and':
    case 'or': {
      const left = compile(expression.left, fields)
      const right = compile(expression.right, fields)
      // `false` decides AND, `true` decides OR, whatever the other side is.
      const decides = expression.type === 'or'
      return (row) => {
        const first = left(row)
        if (first === decides) return decides
        const second = right(row)
        if (second === decides) return decides
        return typeof first === 'boolean' && typeof second === 'boolean' ? !decides : undefined
      }
    }
    case 'compare': {
      const left = compile(expression.left, fields)
      const right = compile(expression.right, fields)
      const { operator } = expression
      return (row) => compare(operator, left(row), right(row))
    }
    case 'arithmetic': {
      const left = compile(expression.left, fields)
      const right = compile(expression.right, fields)
      const { operator } = expression
      return (row) => calculate(operator, left(row), right(row))
    }
    case 'in':
      return compileIn(expression, fields)
    case 'call':
      return compileCall(expression, fields)
  }
}

function compilePath<R>(path: readonly (string | number)[], fields: Fields<R>): Read<R> {
  const names = withoutCollection(path)
  // Longest first: `properties.desired` is read without building `properties`.
  for (let length = Math.min(2, names.length); length > 0; length--) {
    const read = fields.get(names.slice(0, length).join('.').toLowerCase())
    if (read === undefined) continue
    const rest = names.slice(length)
    if (rest.length === 0) return read
    return (row) => walk(read(row), rest)
  }
  return () => undefined
}

/** `devices.jobs.status` means `status`, as in the documented examples. */
function withoutCollection(path: readonly (string | number)[]): readonly (string | number)[] {
  if (path.length === 1 || String(path[0]).toLowerCase() !== 'devices') return path
  return path.slice(/^(jobs|modules)$/i.test(String(path[1])) ? 2 : 1)
}

function walk(from: Value, steps: readonly (string | number)[]): Value {
  let value = from
  for (const step of steps) {
    if (isObject(value)) value = own(value, String(step))
    else
      value = typeof step === 'number' && Array.isArray(value) ? (value as readonly Json[])[step] : undefined
  }
  return value
}

function compileIn<R>(expression: Extract<Expression, { type: 'in' }>, fields: Fields<R>): Read<R> {
  const value = compile(expression.value, fields)
  const { negated, list } = expression
  if (list.every((item) => item.type === 'literal')) {
    const literals = new Set<Value>(list.map((item) => item.value))
    return (row) => {
      const given = value(row)
      return given === undefined ? undefined : literals.has(given) !== negated
    }
  }
  const items = list.map((item) => compile(item, fields))
  return (row) => {
    const given = value(row)
    if (given === undefined) return undefined
    return items.some((item) => compare('=', given, item(row)) === true) !== negated
  }
}

function compileCall<R>(expression: Extract<Expression, { type: 'call' }>, fields: Fields<R>): Read<R> {
  const known = FUNCTIONS.get(expression.name)
  if (known === undefined)
    throw queryError(expression.at, `${expression.name} is not a function of the query language`)
  const [fewest, most] = known.arity
  const given = expression.arguments.length
  if (given < fewest || given > most)
    throw queryError(
      expression.at,
      `${expression.name} takes ${fewest === most ? String(fewest) : `${String(fewest)} to ${most === Infinity ? 'any number of' : String(most)}`} arguments, given: ${String(given)}`,
    )
  const { of } = known
  const values = expression.arguments.map((argument) => compile(argument, fields))
  const [first, second] = values
  if (first !== undefined && values.length === 1) return (row) => of(first(row))
  if (first !== undefined && second !== undefined && values.length === 2)
    return (row) => of(first(row), second(row))
  return (row) => of(...values.map((value) => value(row)))
}

function compare(operator: Comparison, left: Value, right: Value): boolean | undefined {
  if (left === undefined || right === undefined) return undefined
  if (operator === '=' || operator === '!=') {
    const same = equal(left, right)
    return same === undefined ? undefined : same === (operator === '=')
  }
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return undefined
  // Both are numbers or both are strings.
  const other = right as typeof left
  switch (operator) {
    case '<':
      return left < other
    case '>':
      return left > other
    case '<=':
      return left <= other
    case '>=':
      return left >= other
  }
}

function equal(left: Json, right: Json): boolean | undefined {
  if (left === right) return true
  if (left === null || right === null) return false
  if (typeof left !== typeof right) return undefined
  if (typeof left !== 'object') return false
  return JSON.stringify(left) === JSON.stringify(right)
}

function calculate(operator: Arithmetic, left: Value, right: Value): Value {
  if (typeof left !== 'number' || typeof right !== 'number') return undefined
  switch (operator) {
    case '+':
      return finite(left + right)
    case '-':
      return finite(left - right)
    case '*':
      return finite(left * right)
    case '/':
      return finite(left / right)
    case '%':
      return finite(left % right)
  }
}
