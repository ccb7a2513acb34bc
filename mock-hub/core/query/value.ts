/** What the parts of an expression are worth. */

import type { Json } from '../../base/json.ts'

/** What an expression is worth for a row; undefined: the row has no such thing. */
export type Value = Json | undefined

export interface QueryFunction {
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number]
  readonly of: (...values: Value[]) => Value
}

/** By name, in upper case. */
export type FunctionTable = ReadonlyMap<string, QueryFunction>

/** JSON has no infinities. */
export function finite(value: number): Value {
  return Number.isFinite(value) ? value : undefined
}
