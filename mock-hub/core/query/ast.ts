/** The syntax tree of the query language. The grammar makes it, `compile.ts` reads it. */

export type Collection = 'devices' | 'devices.modules' | 'devices.jobs'

/** A position in the text, from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

export type Comparison = '=' | '!=' | '<' | '>' | '<=' | '>='
export type Arithmetic = '+' | '-' | '*' | '/' | '%'
export type AggregateName = 'COUNT' | 'AVG' | 'SUM' | 'MIN' | 'MAX'

export type Expression =
  | { readonly type: 'literal'; readonly value: string | number | boolean | null }
  /** Names as written; a number is an index into an array. */
  | { readonly type: 'path'; readonly path: readonly (string | number)[]; readonly at: Place }
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
      readonly list: readonly Expression[]
    }
  /** The name in upper case. */
  | {
      readonly type: 'call'
      readonly name: string
      readonly arguments: readonly Expression[]
      readonly at: Place
    }

export interface Aggregate {
  readonly type: 'aggregate'
  readonly name: AggregateName
  /** Undefined: `COUNT()`. */
  readonly of: Expression | undefined
  readonly at: Place
}

export interface Projection {
  readonly value: Expression | Aggregate
  /** After `AS`. */
  readonly alias: string | undefined
}

export interface Query {
  readonly top: number | undefined
  readonly select: '*' | readonly Projection[]
  readonly from: Collection
  readonly where: Expression | undefined
  readonly groupBy: readonly Extract<Expression, { type: 'path' }>[]
}

/** What a configuration or a job is for: a condition, over devices unless it says otherwise; undefined: all. */
export interface Target {
  readonly from: Collection
  readonly where: Expression | undefined
}
