/** How the control room says no: `{ error, message }`, with field, rule and what was given where there is a field. */

import type { FastifyError } from 'fastify'
import { InvalidInput } from '../base/invalid-input.ts'
import { HubError, type Explanation } from '../core/errors/errors.ts'
import { schemaProblem } from '../http-common/schema-problem.ts'

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
  if (validation !== undefined) {
    const { field, rule, given } = schemaProblem(validation, validationContext ?? 'body')
    const message = `expected ${field} ${rule}; given: ${given}`
    return { status: 400, body: { error: 'BadInput', message, field, rule, given } }
  }
  // A route of the hub that cannot be read says so with a RangeError.
  if (error instanceof RangeError) return { status: 400, body: { error: 'BadInput', message: error.message } }
  const kind = statusCode < 500 ? 'BadRequest' : 'InternalError'
  return { status: statusCode, body: { error: kind, message: error.message } }
}
