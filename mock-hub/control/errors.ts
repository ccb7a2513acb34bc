/** Errors of the control API: `{ error, message }`, with field, rule and given value when a field is wrong. */

import type { FastifyError } from 'fastify'
import { InvalidInput } from '../base/invalid-input.ts'
import { HubError, type Explanation } from '../core/errors/hub-error.ts'
import { schemaProblem } from '../http-common/schema-problem.ts'

export interface ErrorBody {
  readonly error: string
  readonly message: string
  readonly field?: string
  readonly rule?: string
  readonly given?: string
  /** Six digits; only for refusals of the hub itself. */
  readonly code?: number
  readonly explanation?: Explanation
}

/** A refusal of the control API itself. */
export class ControlError extends Error {
  readonly status: number
  readonly kind: string

  constructor(status: number, kind: string, message: string) {
    super(message)
    this.status = status
    this.kind = kind
  }
}

/** Status and body for any error that a route throws. */
export function errorResponse(error: Error): { status: number; body: ErrorBody } {
  if (error instanceof HubError) {
    const { kind, code, explanation, status, message } = error
    return { status, body: { error: kind, message, code, explanation } }
  }
  if (error instanceof ControlError)
    return { status: error.status, body: { error: error.kind, message: error.message } }
  if (error instanceof InvalidInput) {
    const { message, field, rule, given } = error
    return { status: 400, body: { error: 'InvalidInput', message, field, rule, given } }
  }
  // Only fastify's own errors have these.
  const { validation, validationContext, statusCode = 500 } = error as Partial<FastifyError>
  if (validation !== undefined) {
    const { field, rule, given } = schemaProblem(validation, validationContext ?? 'body')
    const message = `expected ${field} ${rule}; given: ${given}`
    return { status: 400, body: { error: 'InvalidInput', message, field, rule, given } }
  }
  // The core throws RangeError for a module route that it cannot parse.
  if (error instanceof RangeError)
    return { status: 400, body: { error: 'InvalidInput', message: error.message } }
  const kind = statusCode < 500 ? 'BadRequest' : 'InternalError'
  return { status: statusCode, body: { error: kind, message: error.message } }
}
