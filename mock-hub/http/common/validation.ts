/** The service's 400 for a request that does not match the JSON schema of its route. */

import type { FastifySchemaValidationError } from 'fastify'
import { HubError } from '../../core/errors/hub-error.ts'
import { schemaProblem } from '../../http-common/schema-problem.ts'

/**
 * @param part `body`, `querystring`, `params` or `headers`.
 * @returns ArgumentNull for a missing body, otherwise ArgumentInvalid.
 */
export function schemaError(errors: readonly FastifySchemaValidationError[], part: string): HubError {
  const { field, rule, given } = schemaProblem(errors, part)
  const absent = field === 'body' && given === 'nothing'
  return new HubError({
    kind: absent ? 'ArgumentNull' : 'ArgumentInvalid',
    rule: 'WIRE-ERR-02',
    expected: `${field} ${rule}`,
    received: given,
  })
}
