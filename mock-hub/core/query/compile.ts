/**
 * Syntax tree to closures: a registry of 100,000 devices is scanned without walking the tree for each.
 *
 * Undefined: a property that is not there makes a comparison undefined, and only `true` passes WHERE. AND, OR and NOT
 * follow three-valued logic.
 */

import { isObject, own, type Json } from '../../base/json.ts'
import type { Arithmetic, Expression } from './ast.ts'
import { compare, membership } from './compare.ts'
import { canonicalPath, SYSTEM_STEPS } from './names.ts'
import { finite, type Value } from './value.ts'

export type Read<R> = (row: R) => Value

/**
 * The first steps of a path that a kind of row knows, by names in lower case. A name that ends in a dot reads what is below
 * it without the fields of the hub's own, whose names begin with `$`.
 */
export type Fields<R> = ReadonlyMap<string, Read<R>>

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
    case 'in': {
      const value = compile(expression.value, fields)
      const isMember = membership(expression.values)
      if (!expression.negated) return (row) => isMember(value(row))
      return (row) => {
        const member = isMember(value(row))
        return member === undefined ? undefined : !member
      }
    }
    case 'call':
      return compileCall(expression, fields)
  }
}

function compilePath<R>(path: readonly (string | number)[], fields: Fields<R>): Read<R> {
  const names = canonicalPath(path)
  // Longest first: `properties.desired` is read without `properties` being made.
  for (let length = Math.min(SYSTEM_STEPS, names.length); length > 0; length--) {
    const field = names.slice(0, length).join('.').toLowerCase()
    const whole = fields.get(field)
    if (whole === undefined) continue
    const rest = names.slice(length)
    if (rest.length === 0) return whole
    const read = String(rest[0]).startsWith('$') ? whole : (fields.get(`${field}.`) ?? whole)
    return (row) => walk(read(row), rest)
  }
  return () => undefined
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

function compileCall<R>(expression: Extract<Expression, { type: 'call' }>, fields: Fields<R>): Read<R> {
  const { of } = expression.called
  const values = expression.arguments.map((argument) => compile(argument, fields))
  const [first, second] = values
  if (first !== undefined && values.length === 1) return (row) => of(first(row))
  if (first !== undefined && second !== undefined && values.length === 2)
    return (row) => of(first(row), second(row))
  return (row) => of(...values.map((value) => value(row)))
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
