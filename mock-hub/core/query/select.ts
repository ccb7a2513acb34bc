/** The SELECT part: rows as they are, projections, or aggregates by group. */

import { objectOf, type Json, type JsonObject } from '../../base/json.ts'
import type { AggregateName, Expression, Query } from './ast.ts'
import { compile, type Fields } from './compile.ts'
import { canonicalPath, pathKey } from './names.ts'
import { queryError } from './parse.ts'
import type { Value } from './value.ts'

/** `undefined` when the query aggregates. */
export function compileProjection<R>(
  query: Query,
  fields: Fields<R>,
  document: (row: R) => JsonObject,
): ((row: R) => JsonObject) | undefined {
  if (query.select === '*') return document
  if (isAggregate(query)) return undefined
  const columns = query.select.map(({ value, alias }, index) => {
    // Aggregates are excluded above.
    const expression = value as Expression
    return { name: alias ?? nameOf(expression, index), read: compile(expression, fields) }
  })
  return (row) => rowOf(columns.map(({ name, read }) => [name, read(row)]))
}

export function isAggregate(query: Query): boolean {
  return (
    query.groupBy.length > 0 ||
    (query.select !== '*' && query.select.some(({ value }) => value.type === 'aggregate'))
  )
}

/**
 * Folds rows into groups.
 * @throws HubError ArgumentInvalid when a column is neither grouped by nor an aggregate.
 */
export function compileAggregation<R>(
  query: Query,
  fields: Fields<R>,
): (rows: Iterable<R>) => readonly JsonObject[] {
  if (query.select === '*')
    throw queryError({ line: 1, column: 1 }, 'SELECT * does not go with GROUP BY; name the columns')
  const groups = query.groupBy.map((path) => compile(path, fields))
  const groupNames = query.groupBy.map(({ path }) => pathKey(path))
  const columns = query.select.map(({ value, alias, at }, index) => {
    if (value.type === 'aggregate')
      return {
        name: alias ?? `$${String(index + 1)}`,
        fold: value.name,
        read: value.of === undefined ? () => true : compile(value.of, fields),
      }
    if (value.type !== 'path' || !groupNames.includes(pathKey(value.path)))
      throw queryError(at, `column ${String(index + 1)} must be an aggregate or stand in GROUP BY`)
    return { name: alias ?? nameOf(value, index), fold: undefined, read: compile(value, fields) }
  })

  return (rows) => {
    const found = new Map<string, { readonly first: R; readonly folds: readonly Fold[] }>()
    for (const row of rows) {
      const key = JSON.stringify(groups.map((read) => wrapped(read(row))))
      let group = found.get(key)
      if (group === undefined) {
        group = { first: row, folds: columns.map(({ fold }) => newFold(fold)) }
        found.set(key, group)
      }
      for (const [index, { read }] of columns.entries()) group.folds[index]?.add(read(row))
    }
    if (found.size === 0 && groups.length === 0)
      return [rowOf(columns.map(({ name, fold }) => [name, newFold(fold).result()]))]
    return [...found.values()].map(({ first, folds }) =>
      rowOf(
        columns.map(({ name, fold, read }, index) => [
          name,
          fold === undefined ? read(first) : folds[index]?.result(),
        ]),
      ),
    )
  }
}

/** Undefined and null are two groups. */
function wrapped(value: Value): readonly Json[] {
  return value === undefined ? [] : [value]
}

interface Fold {
  add(value: Value): void
  result(): Value
}

function newFold(name: AggregateName | undefined): Fold {
  let count = 0
  let sum = 0
  let numbers = 0
  let least: number | string | undefined
  let greatest: number | string | undefined
  return {
    add(value) {
      if (value === undefined) return
      count++
      if (typeof value === 'number') {
        numbers++
        sum += value
      }
      if (typeof value !== 'number' && typeof value !== 'string') return
      if (least === undefined || (typeof least === typeof value && value < least)) least = value
      if (greatest === undefined || (typeof greatest === typeof value && value > greatest)) greatest = value
    },
    result() {
      switch (name) {
        case 'COUNT':
          return count
        case 'SUM':
          return sum
        case 'AVG':
          return numbers === 0 ? undefined : sum / numbers
        case 'MIN':
          return least
        case 'MAX':
          return greatest
        case undefined:
          return undefined
      }
    },
  }
}

/** The last name of a path, as the service spells it. */
function nameOf(expression: Expression, index: number): string {
  const last = expression.type === 'path' ? canonicalPath(expression.path).at(-1) : undefined
  return typeof last === 'string' ? last : `$${String(index + 1)}`
}

/** Undefined columns are left out. */
function rowOf(columns: readonly (readonly [string, Value])[]): JsonObject {
  return objectOf(columns.filter((column): column is readonly [string, Json] => column[1] !== undefined))
}
