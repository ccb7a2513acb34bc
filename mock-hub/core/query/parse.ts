/** Parses queries. The only file that uses the parser library. */

import peggy from 'peggy'
import { HubError } from '../errors/hub-error.ts'
import type { Place, Query, Target } from './ast.ts'
import { GRAMMAR } from './grammar.ts'

/** Longest query text in bytes; the service answers a longer one with PreconditionFailed. */
export const LONGEST_QUERY_BYTES = 8_200

let compiled: peggy.Parser | undefined

/** @throws HubError ArgumentInvalid with line, column and what was expected; PreconditionFailed when too long. */
export function parseQuery(text: string): Query {
  // The grammar's rule gives this type.
  return parse(text, 'Query') as Query
}

/** A condition of a configuration or job: `*`, a condition over devices, or `FROM devices.modules WHERE …`. */
export function parseTarget(text: string): Target {
  // As above.
  return parse(text, 'Target') as Target
}

function parse(text: string, startRule: string): unknown {
  const bytes = Buffer.byteLength(text)
  if (bytes > LONGEST_QUERY_BYTES)
    throw new HubError({
      kind: 'PreconditionFailed',
      message: `The query text is too long: ${String(bytes)} bytes of at most ${String(LONGEST_QUERY_BYTES)}.`,
      rule: 'WIRE-QRY-08',
      expected: `at most ${String(LONGEST_QUERY_BYTES)} bytes`,
      received: `${String(bytes)} bytes`,
    })
  compiled ??= peggy.generate(GRAMMAR, { allowedStartRules: ['Query', 'Target'] })
  try {
    return compiled.parse(text, { startRule })
  } catch (error) {
    // The parser recurses for each level of brackets.
    if (error instanceof RangeError)
      throw queryError({ line: 1, column: 1 }, 'the query is nested too deeply')
    if (!(error instanceof compiled.SyntaxError)) throw error
    const { start } = error.location
    throw queryError(start, error.message.replace(/\.$/, ''))
  }
}

/** An error in a query, with its position. */
export function queryError({ line, column }: Place, problem: string): HubError {
  const where = `line ${String(line)}, column ${String(column)}`
  return new HubError({
    kind: 'ArgumentInvalid',
    message: `Query error at ${where}: ${problem.slice(0, 600)}`,
    rule: 'WIRE-QRY-08',
    expected: 'a query of the IoT Hub query language',
    received: `${where}: ${problem.slice(0, 600)}`,
  })
}
