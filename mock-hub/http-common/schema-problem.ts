/** What is wrong with a request by the JSON schema of its route, as field, rule and given value. */

import type { FastifySchemaValidationError } from 'fastify'
import { didYouMean } from '../base/nearest.ts'
import { shown } from '../base/shown.ts'

/** With the option `verbose`, ajv also gives the value that it checked. */
interface VerboseError extends FastifySchemaValidationError {
  readonly data?: unknown
  /** The schema that the rule is part of. */
  readonly parentSchema?: {
    readonly properties?: Readonly<Record<string, unknown>>
    readonly additionalProperties?: unknown
  }
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
  const { keyword, params = {}, message = 'to be valid', data } = misspelt(first) ?? first ?? {}
  const child = textOf(params['additionalProperty'] ?? params['missingProperty'])
  const names = [...(part === 'body' ? [] : [part]), ...path, ...(child === undefined ? [] : [child])]
  const field = names.join('.') || 'body'
  // A body that is null is a body that is missing.
  const value = keyword === 'required' || (field === 'body' && data === null) ? undefined : (child ?? data)
  return { field, rule: ruleOf(keyword, params, message, known(first)), given: shown(field, value) }
}

/** The field that is missing may be there under another name: the unknown name says more. */
function misspelt(error: VerboseError | undefined): Partial<VerboseError> | undefined {
  const { keyword, data, parentSchema } = error ?? {}
  if (keyword !== 'required' || parentSchema?.additionalProperties !== false) return undefined
  const names = new Set(known(error))
  const additionalProperty = Object.keys(data ?? {}).find((name) => !names.has(name))
  return additionalProperty === undefined
    ? undefined
    : { keyword: 'additionalProperties', params: { additionalProperty }, data }
}

/** The fields of the schema that the rule is part of. */
function known(error: VerboseError | undefined): readonly string[] {
  return Object.keys(error?.parentSchema?.properties ?? {})
}

function ruleOf(
  keyword: string | undefined,
  params: Readonly<Record<string, unknown>>,
  message: string,
  known: readonly string[],
): string {
  switch (keyword) {
    case 'additionalProperties':
      return `to be left out: there is no such field${didYouMean(textOf(params['additionalProperty']) ?? '', known)}`
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

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
