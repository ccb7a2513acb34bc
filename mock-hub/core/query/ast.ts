/** The syntax tree of the query language. The grammar makes it, `compile.ts` reads it. */

import type { QueryFunction, Value } from './value.ts'

export type Collection = 'devices' | 'devices.modules' | 'devices.jobs'

/** Where something stands in the text, from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

export type Comparison = '=' | '!=' | '<' | '>' | '<=' | '>='
export type Arithmetic = '+' | '-' | '*' | '/' | '%'
export type AggregateName = 'COUNT' | 'AVG' | 'SUM' | 'MIN' | 'MAX'

export type Expression =
  /** A constant; `undefined` is one of them, arrays are others. */
  | { readonly type: 'literal'; readonly value: Value }
  /** Names as written; a number is an index into an array. */
  | PathExpression
  | { readonly type: 'not' | 'negative'; readonly of: Expression }
  | { readonly type: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly type: 'compare'
      readonly operator: Comparison
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly type: 'arithmetic'
      readonly operator: Arithmetic
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly type: 'in'
      readonly negated: boolean
      readonly value: Expression
      readonly values: readonly Value[]
    }
  | {
      readonly type: 'call'
      readonly called: QueryFunction
      readonly arguments: readonly Expression[]
    }

export interface PathExpression {
  readonly type: 'path'
  readonly path: readonly (string | number)[]
  readonly at: Place
}

export interface Aggregate {
  readonly type: 'aggregate'
  readonly name: AggregateName
  /** Undefined: `COUNT()`. */
  readonly of: Expression | undefined
}

export interface Projection {
  readonly value: Expression | Aggregate
  /** After `AS`. */
  readonly alias: string | undefined
  readonly at: Place
}

export interface Query {
  readonly top: number | undefined
  readonly select: '*' | readonly Projection[]
  readonly from: Collection
  readonly where: Expression | undefined
  readonly groupBy: readonly PathExpression[]
}

/** What a configuration or a job is for: a condition, over devices unless it says otherwise; undefined: all. */
export interface Target {
  readonly from: Collection
  readonly where: Expression | undefined
}
