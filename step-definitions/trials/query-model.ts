/**
 * The documented semantics of conditions, small: only values of one type compare, what is not there makes a comparison
 * undefined, and three-valued logic follows (docs/contract/queries.md#queries-undefined).
 */

import fc from 'fast-check'
import type { Json, JsonObject } from '../driver/client-driver.ts'

type Operator = '=' | '!=' | '<>' | '<' | '>' | '<=' | '>='

export type Condition =
  | { readonly is: 'compare'; readonly path: Path; readonly operator: Operator; readonly value: Constant }
  | { readonly is: 'in' | 'nin'; readonly path: Path; readonly values: readonly Constant[] }
  | { readonly is: 'defined' | 'text' | 'number' | 'bool'; readonly path: Path }
  | { readonly is: 'starts' | 'ends'; readonly path: Path; readonly value: string }
  | { readonly is: 'not'; readonly of: Condition }
  | { readonly is: 'and' | 'or'; readonly left: Condition; readonly right: Condition }

type Path = 'a' | 'b.c'
type Constant = string | number | boolean
type Truth = boolean | undefined

const path = fc.constantFrom<Path>('a', 'b.c')
const constant = fc.constantFrom<Constant>(0, 1, 2, -1, 1.5, 'a', 'b', 'B', '', true, false)

const simple: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    ...{ is: fc.constant('compare' as const), path, value: constant },
    operator: fc.constantFrom<Operator>('=', '!=', '<>', '<', '>', '<=', '>='),
  }),
  fc.record({
    ...{ is: fc.constantFrom('in' as const, 'nin' as const), path },
    values: fc.array(constant, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    is: fc.constantFrom('defined' as const, 'text' as const, 'number' as const, 'bool' as const),
    path,
  }),
  fc.record({
    ...{
      is: fc.constantFrom('starts' as const, 'ends' as const),
      path,
      value: fc.constantFrom('a', 'b', 'B'),
    },
  }),
)

export const condition: fc.Arbitrary<Condition> = fc.letrec<{ one: Condition }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 3 },
    simple,
    fc.record({ is: fc.constant('not' as const), of: tie('one') }),
    fc.record({ is: fc.constantFrom('and' as const, 'or' as const), left: tie('one'), right: tie('one') }),
  ),
})).one

/** @param root the path of the section. */
export function textOf(given: Condition, root: string): string {
  switch (given.is) {
    case 'compare':
      return `${root}.${given.path} ${given.operator} ${literal(given.value)}`
    case 'in':
    case 'nin':
      return `${root}.${given.path} ${given.is.toUpperCase()} [${given.values.map(literal).join(', ')}]`
    case 'defined':
      return `IS_DEFINED(${root}.${given.path})`
    case 'text':
      return `IS_STRING(${root}.${given.path})`
    case 'number':
      return `IS_NUMBER(${root}.${given.path})`
    case 'bool':
      return `IS_BOOL(${root}.${given.path})`
    case 'starts':
      return `STARTSWITH(${root}.${given.path}, '${given.value}')`
    case 'ends':
      return `ENDSWITH(${root}.${given.path}, '${given.value}')`
    case 'not':
      return `NOT (${textOf(given.of, root)})`
    case 'and':
    case 'or':
      return `(${textOf(given.left, root)}) ${given.is.toUpperCase()} (${textOf(given.right, root)})`
  }
}

function literal(value: Constant): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}

export function isTrue(given: Condition, section: JsonObject): boolean {
  return truth(given, section) === true
}

function truth(given: Condition, section: JsonObject): Truth {
  switch (given.is) {
    case 'not': {
      const inner = truth(given.of, section)
      return inner === undefined ? undefined : !inner
    }
    case 'and': {
      const both = [truth(given.left, section), truth(given.right, section)]
      return both.includes(false) ? false : both.includes(undefined) ? undefined : true
    }
    case 'or': {
      const both = [truth(given.left, section), truth(given.right, section)]
      return both.includes(true) ? true : both.includes(undefined) ? undefined : false
    }
    default:
      return ofValue(given, at(section, given.path))
  }
}

function at(section: JsonObject, name: Path): Json | undefined {
  if (name === 'a') return section['a']
  const inner = section['b'] as JsonObject | undefined // what the trial writes
  return inner?.['c']
}

function ofValue(
  given: Exclude<Condition, { readonly is: 'not' | 'and' | 'or' }>,
  value: Json | undefined,
): Truth {
  switch (given.is) {
    case 'compare':
      return compared(value, given.operator, given.value)
    case 'in':
      return anyOf(given.values.map((one) => compared(value, '=', one)))
    case 'nin': {
      const isIn = anyOf(given.values.map((one) => compared(value, '=', one)))
      return isIn === undefined ? undefined : !isIn
    }
    case 'defined':
      return value !== undefined
    case 'text':
      return typeof value === 'string'
    case 'number':
      return typeof value === 'number'
    case 'bool':
      return typeof value === 'boolean'
    case 'starts':
      return typeof value === 'string' ? value.startsWith(given.value) : undefined
    case 'ends':
      return typeof value === 'string' ? value.endsWith(given.value) : undefined
  }
}

function anyOf(truths: readonly Truth[]): Truth {
  return truths.includes(true) ? true : truths.includes(undefined) ? undefined : false
}

function compared(left: Json | undefined, operator: Operator, right: Constant): Truth {
  if (typeof left !== typeof right || left === null || left === undefined) return undefined
  switch (operator) {
    case '=':
      return left === right
    case '!=':
    case '<>':
      return left !== right
    case '<':
      return left < right
    case '>':
      return left > right
    case '<=':
      return left <= right
    case '>=':
      return left >= right
  }
}

/** COUNT, SUM, AVG, MIN and MAX of `n` by `a`: twins without `a` are a group of their own. */
export function grouped(twins: readonly JsonObject[]): readonly JsonObject[] {
  const groups = new Map<Json | undefined, JsonObject[]>()
  for (const twin of twins) groups.set(twin['a'], [...(groups.get(twin['a']) ?? []), twin])
  return [...groups].map(([a, own]) => {
    const numbers = own.flatMap(({ n }) => (typeof n === 'number' ? [n] : []))
    const total = numbers.reduce((sum, one) => sum + one, 0)
    return {
      ...(a === undefined ? {} : { a }),
      ...{ twins: own.length, total },
      ...(numbers.length === 0
        ? {}
        : { mean: total / numbers.length, least: Math.min(...numbers), most: Math.max(...numbers) }),
    }
  })
}
