/** What is wrong with a request by the JSON schema of its route, as field, rule and given value. */

import type { FastifySchemaValidationError } from 'fastify'

/** With the option `verbose`, ajv also gives the value that it checked. */
interface VerboseError extends FastifySchemaValidationError {
  readonly data?: unknown
}

export interface SchemaProblem {
  /** Path in the body, such as `properties.desired`, or `querystring.after`; the body itself is `body`. */
  readonly field: string
  /** The end of "expected {field} …". */
  readonly rule: string
  /** The value, shortened; `nothing` when there is none. */
  readonly given: string
}

/**
 * The first problem that the schema found.
 * @param part `body`, `querystring`, `params` or `headers`.
 */
export function schemaProblem(errors: readonly VerboseError[], part: string): SchemaProblem {
  const [first] = errors
  const path = (first?.instancePath ?? '').split('/').slice(1)
  const { keyword, params = {}, message = 'to be valid', data } = first ?? {}
  const child = textOf(params['additionalProperty'] ?? params['missingProperty'])
  const names = [...(part === 'body' ? [] : [part]), ...path, ...(child === undefined ? [] : [child])]
  const field = names.join('.') || 'body'
  const given = keyword === 'required' ? 'nothing' : shown(field, child === undefined ? data : child)
  return { field, rule: ruleOf(keyword, params, message), given }
}

function ruleOf(
  keyword: string | undefined,
  params: Readonly<Record<string, unknown>>,
  message: string,
): string {
  switch (keyword) {
    case 'additionalProperties':
      return 'to be left out: there is no such field'
    case 'required':
      return 'to be given'
    case 'enum':
      return `to be one of ${JSON.stringify(params['allowedValues'])}`
    case 'type':
      return `to be of type ${[params['type']].flat().join(' or ')}`
    default:
      return message.replace(/^must /, 'to ')
  }
}

/** Fields that may hold a secret: only the type of their value is shown. */
const SECRET = /key|token|sas|sig|authentication/i

/** A value in an error message, shortened and without secrets. */
export function shown(field: string, value: unknown): string {
  if (value === undefined || (value === null && field === 'body')) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return `an array of ${String(value.length)}`
  if (typeof value === 'object')
    return SECRET.test(field)
      ? 'an object'
      : `an object with ${Object.keys(value).slice(0, 8).join(', ') || 'no fields'}`
  return SECRET.test(field) ? `a ${typeof value}` : JSON.stringify(value).slice(0, 120)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
