/** How the control room says no: `{ error, message }`, with field, rule and what was given where there is a field. */

import type { FastifyError, FastifySchemaValidationError } from 'fastify'
import { InvalidInput } from '../base/invalid-input.ts'
import { HubError, type Explanation } from '../core/errors/hub-error.ts'

export interface RefusalBody {
  readonly error: string
  readonly message: string
  readonly field?: string
  readonly rule?: string
  readonly given?: string
  /** Six digits; refusals of the hub itself only. */
  readonly code?: number
  readonly explanation?: Explanation
}

/** A refusal of this room. */
export class ControlError extends Error {
  readonly status: number
  readonly kind: string

  constructor(status: number, kind: string, message: string) {
    super(message)
    this.status = status
    this.kind = kind
  }
}

/** ajv with `verbose` also says what it looked at. */
interface VerboseError extends FastifySchemaValidationError {
  readonly data?: unknown
}

/** Status and body for whatever was thrown. */
export function refusalOf(error: Error): { status: number; body: RefusalBody } {
  if (error instanceof HubError) {
    const { kind, code, explanation, status, message } = error
    return { status, body: { error: kind, message, code, explanation } }
  }
  if (error instanceof ControlError)
    return { status: error.status, body: { error: error.kind, message: error.message } }
  if (error instanceof InvalidInput) {
    const { message, field, rule, given } = error
    return { status: 400, body: { error: 'BadInput', message, field, rule, given } }
  }
  // Only what fastify itself throws has these.
  const { validation, validationContext, statusCode = 500 } = error as Partial<FastifyError>
  if (validation !== undefined)
    return { status: 400, body: schemaRefusal(validation, validationContext ?? 'body') }
  // A route of the hub that cannot be read says so with a RangeError.
  if (error instanceof RangeError) return { status: 400, body: { error: 'BadInput', message: error.message } }
  const kind = statusCode < 500 ? 'BadRequest' : 'InternalError'
  return { status: statusCode, body: { error: kind, message: error.message } }
}

/** The first thing that the schema of a route finds. */
function schemaRefusal(errors: readonly VerboseError[], part: string): RefusalBody {
  const [first] = errors
  const path = (first?.instancePath ?? '').split('/').slice(1)
  const where = part === 'body' ? path : [part, ...path]
  const { keyword, params = {}, message = 'to be valid', data } = first ?? {}
  const child = text(params['additionalProperty'] ?? params['missingProperty'])
  const field = [...where, ...(child === undefined ? [] : [child])].join('.') || 'body'
  const rule =
    keyword === 'additionalProperties'
      ? 'to be left out: there is no such field'
      : keyword === 'required'
        ? 'to be given'
        : keyword === 'enum'
          ? `to be one of ${JSON.stringify(params['allowedValues'])}`
          : message.replace(/^must /, 'to ')
  const given = keyword === 'required' ? 'nothing' : shown(field, child === undefined ? data : child)
  return { error: 'BadInput', message: `expected ${field} ${rule}; given: ${given}`, field, rule, given }
}

/** Short; keys and what may hold them stay unsaid. */
function shown(field: string, data: unknown): string {
  if (data === undefined || (field === 'body' && data === null)) return 'nothing'
  if (typeof data !== 'object' && /key|token|sig/i.test(field)) return `a ${typeof data}`
  if (Array.isArray(data)) return `a list of ${String(data.length)}`
  if (typeof data === 'object' && data !== null)
    return `an object with ${Object.keys(data).slice(0, 8).join(', ') || 'no fields'}`
  return JSON.stringify(data).slice(0, 120)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
