/** What the JSON schemas of the routes find becomes the service's own 400: field, rule, what was given. */

import type { FastifySchemaValidationError } from 'fastify'
import { HubError } from '../../core/errors/hub-error.ts'

/** ajv with `verbose` also says what it looked at. */
interface VerboseError extends FastifySchemaValidationError {
  readonly data?: unknown
}

/** @param part `body`, `querystring`, `params` or `headers`. */
export function schemaError(errors: readonly VerboseError[], part: string): HubError {
  const first = errors[0]
  const field = `${part}${first?.instancePath ?? ''}`
  const rule = `${field} ${first?.message ?? 'is not valid'}`
  const absent = part === 'body' && field === 'body' && first?.data == null
  const given = absent ? 'nothing' : shown(field, first?.data)
  return new HubError({
    kind: absent ? 'ArgumentNull' : 'ArgumentInvalid',
    message: `${rule}; given: ${given}`,
    rule: 'WIRE-ERR-02',
    expected: rule,
    received: given,
  })
}

/** A short rendering; keys, signatures and whatever may hold them stay unsaid. */
function shown(field: string, data: unknown): string {
  if (/key|sas|sig|authentication/i.test(field)) return `a ${data === null ? 'null' : typeof data}`
  if (Array.isArray(data)) return `an array of ${String(data.length)}`
  if (typeof data === 'object' && data !== null)
    return `an object with ${Object.keys(data).slice(0, 8).join(', ') || 'no keys'}`
  return data === undefined ? 'nothing' : JSON.stringify(data).slice(0, 80)
}
