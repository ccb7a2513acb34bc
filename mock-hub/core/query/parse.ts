/** Text to syntax tree. */

import type { Settings } from '../contract/settings.ts'
import { HubError } from '../errors/hub-error.ts'
import type { Place, Query, Target } from './ast.ts'
import { QUERY_FUNCTIONS, ROUTE_FUNCTIONS } from './functions.ts'
import { parse as parseText, SyntaxError as GrammarError } from './generated-parser.ts'
import type { FunctionTable, QueryFunction } from './value.ts'

/** Longest query text in characters; beyond it the service says PreconditionFailed. */
export const LONGEST_QUERY = 8_192

/** A condition alone is made a query with these words. */
const CONDITION_PREFIX = 'SELECT * FROM devices WHERE '

/** Which language a text is read in. */
export interface Dialect {
  /** Reads what no evidence shows the service to read, too. */
  readonly wide: boolean
  readonly functions: FunctionTable
}

/** Queries and target conditions as the service is known to read them. */
export const STRICT_DIALECT: Dialect = { wide: false, functions: QUERY_FUNCTIONS }
/** Setting `wideQueryLanguage`: indexes, lists in parentheses, columns that are expressions, the functions of routes. */
export const WIDE_DIALECT: Dialect = {
  wide: true,
  functions: new Map([...ROUTE_FUNCTIONS, ...QUERY_FUNCTIONS]),
}
/** The language of a hub's queries and targets. */
export function dialectOf({ wideQueryLanguage }: Pick<Settings, 'wideQueryLanguage'>): Dialect {
  return wideQueryLanguage ? WIDE_DIALECT : STRICT_DIALECT
}
/** Conditions of message routes. */
export const ROUTE_DIALECT: Dialect = { wide: true, functions: ROUTE_FUNCTIONS }

/** @throws HubError ArgumentInvalid with line, column and what was expected; PreconditionFailed when too long. */
export function parseQuery(text: string, dialect = STRICT_DIALECT): Query {
  // The grammar's rule makes exactly this.
  return parse(text, 'Query', dialect) as Query
}

/**
 * A condition of a configuration or job: `*`, a condition over devices, or `FROM devices.modules WHERE …`.
 * @throws HubError as {@link parseQuery}.
 */
export function parseTarget(text: string, dialect = STRICT_DIALECT): Target {
  // As above.
  return parse(text, 'Target', dialect) as Target
}

function parse(text: string, startRule: string, { wide, functions }: Dialect): unknown {
  if (text.length > LONGEST_QUERY)
    throw new HubError({
      kind: 'PreconditionFailed',
      message: `The query text is too long: ${String(text.length)} characters of at most ${String(LONGEST_QUERY)}.`,
      rule: 'WIRE-QRY-09',
      expected: `at most ${String(LONGEST_QUERY)} characters`,
      received: `${String(text.length)} characters`,
    })
  const prefix = startRule === 'Target' && !/^\s*FROM\b/i.test(text) ? CONDITION_PREFIX : ''
  const fail = (at: Place, problem: string, token?: string) => queryError(at, problem, token, prefix)
  const call = (name: string, given: number, at: Place): QueryFunction =>
    findFunction(functions, name, given, (problem) => fail(at, problem, name))
  try {
    return parseText(text, { startRule, wide, call })
  } catch (error) {
    // The parser calls itself for each level of brackets.
    if (error instanceof RangeError) throw fail({ line: 1, column: 1 }, 'it is nested too deeply')
    if (!(error instanceof GrammarError)) throw error
    // What the generated parser gives its errors.
    const { start } = (
      error as unknown as { readonly location: { readonly start: Place & { readonly offset: number } } }
    ).location
    throw fail(start, error.message.replace(/\.$/, ''), tokenAt(text, start.offset))
  }
}

/** @param fail makes the error that is thrown. */
function findFunction(
  functions: FunctionTable,
  name: string,
  given: number,
  fail: (problem: string) => HubError,
): QueryFunction {
  const known = functions.get(name.toUpperCase())
  if (known === undefined)
    throw fail(`${name} is not a function here; there are ${[...functions.keys()].join(', ')}`)
  const [fewest, most] = known.arity
  if (given >= fewest && given <= most) return known
  const wanted =
    fewest === most
      ? String(fewest)
      : `${String(fewest)} to ${most === Infinity ? 'any number of' : String(most)}`
  throw fail(`${name} takes ${wanted} arguments, given: ${String(given)}`)
}

/**
 * What is wrong with a query, and where, in words of the service (WIRE-QRY-23).
 * @param token what stands there.
 * @param prefix the service puts this before the text, and counts it.
 */
export function queryError({ line, column }: Place, problem: string, token?: string, prefix = ''): HubError {
  const detail = problem.slice(0, 600)
  const input = token === undefined ? '' : `Unexpected character at input '${token.slice(0, 80)}': `
  const counted = line === 1 ? column + prefix.length : column
  return new HubError({
    kind: 'ArgumentInvalid',
    message: `SQL query parse failed due to following errors: \n\tLine ${String(line)}:${String(counted)} ${input}${detail}`,
    rule: 'WIRE-QRY-08',
    expected: 'a query of the IoT Hub query language',
    received: `line ${String(line)}, column ${String(column)}: ${detail}`,
  })
}

/** The word, text or sign that begins there. */
function tokenAt(text: string, offset: number): string {
  const [token = '<EOF>'] = /^(?:[\p{L}\p{N}_$-]+|'[^']*'?|"[^"]*"?|.)/su.exec(text.slice(offset)) ?? []
  return token
}
