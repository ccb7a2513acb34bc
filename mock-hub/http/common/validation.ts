/** The service's 400 for a request that does not match the JSON schema of its route. */

import type { FastifySchemaValidationError } from 'fastify'
import { HubError } from '../../core/errors/hub-error.ts'
import { schemaProblem } from '../../http-common/schema-problem.ts'

/**
 * Each kind of unreadable body has its own code (WIRE-ERR-09).
 * @param part `body`, `querystring`, `params` or `headers`.
 * @returns ArgumentNull for what is missing; GenericBadRequest for a body of another form and an unknown name of an
 *   enumeration; otherwise ArgumentInvalid.
 */
export function schemaError(errors: readonly FastifySchemaValidationError[], part: string): HubError {
  const { field, rule, given } = schemaProblem(errors, part)
  const keyword = errors[0]?.keyword
  if (keyword === 'required' || given === 'nothing')
    return unreadable('ArgumentNull', `${field} ${rule}`, given)
  if (keyword === 'enum' || field === 'body')
    return unreadable('GenericBadRequest', `${field} ${rule}`, given)
  return new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-ERR-09',
    expected: `${field} ${rule}`,
    received: given,
  })
}

/** A body that the service cannot read at all; its text begins as the service's does. */
export function unreadable(
  kind: 'ArgumentNull' | 'GenericBadRequest' | 'IotHubFormatError',
  expected: string,
  received: string,
): HubError {
  return new HubError({
    kind,
    message: `BadRequest: Expected ${expected}; given: ${received}.`,
    rule: 'WIRE-ERR-09',
    expected,
    received,
  })
}
