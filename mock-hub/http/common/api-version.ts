/** The query parameter `api-version` of a request. */

import type { FastifyRequest } from 'fastify'
import { HubError } from '../../core/errors/hub-error.ts'

/** Any date, also of a preview (docs/contract/https.md). */
const KNOWN = /^\d{4}-\d\d-\d\d(-preview)?$/

/** The value of `api-version`; undefined when it is absent or occurs more than once. */
export function apiVersionOf({ url }: Pick<FastifyRequest, 'url'>): string | undefined {
  const query = url.indexOf('?')
  const [given, ...more] = new URLSearchParams(query < 0 ? '' : url.slice(query + 1)).getAll('api-version')
  return more.length === 0 ? given : undefined
}

/** @throws HubError InvalidProtocolVersion when it is missing or not a date (WIRE-ERR-04). */
export function checkApiVersion(request: FastifyRequest): void {
  const given = apiVersionOf(request)
  if (given !== undefined && KNOWN.test(given)) return
  throw new HubError({
    kind: 'InvalidProtocolVersion',
    message: 'BadRequest',
    rule: 'WIRE-ERR-04',
    expected: 'the query parameter api-version=yyyy-MM-dd or yyyy-MM-dd-preview',
    received: given === undefined ? 'no api-version' : `api-version=${given.slice(0, 40)}`,
  })
}
