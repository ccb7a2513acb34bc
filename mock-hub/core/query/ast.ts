/** The syntax tree of the query language (wire contract 7.3). The grammar makes it, `compile.ts` reads it. */

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
  | { readonly is: 'literal'; readonly value: string | number | boolean | null }
  /** Names as written; a number is an index into an array. */
  | { readonly is: 'path'; readonly path: readonly (string | number)[]; readonly at: Place }
  | { readonly is: 'not' | 'negative'; readonly of: Expression }
  | { readonly is: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly is: 'compare'
      readonly operator: Comparison
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly is: 'arithmetic'
      readonly operator: Arithmetic
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly is: 'in'
      readonly negated: boolean
      readonly value: Expression
      readonly list: readonly Expression[]
    }
  /** The name in upper case. */
  | {
      readonly is: 'call'
      readonly name: string
      readonly arguments: readonly Expression[]
      readonly at: Place
    }

export interface Aggregate {
  readonly is: 'aggregate'
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
  readonly groupBy: readonly Extract<Expression, { is: 'path' }>[]
}

/** What a configuration or a job is for: a condition, over devices unless it says otherwise; undefined: all. */
export interface Target {
  readonly from: Collection
  readonly where: Expression | undefined
}
