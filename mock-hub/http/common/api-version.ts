/** The query parameter `api-version` of a request. */

import type { FastifyRequest } from 'fastify'
import { checkApiVersion } from '../../core/contract/api-versions.ts'
import type { Settings } from '../../core/contract/settings.ts'

const QUERY = { rule: 'WIRE-ERR-04', place: 'the query parameter api-version:' }

/** The value of `api-version`; undefined when it is absent or occurs more than once. */
export function apiVersionOf({ url }: Pick<FastifyRequest, 'url'>): string | undefined {
  const query = url.indexOf('?')
  const [given, ...more] = new URLSearchParams(query < 0 ? '' : url.slice(query + 1)).getAll('api-version')
  return more.length === 0 ? given : undefined
}

/** @throws HubError InvalidProtocolVersion when it is missing or unknown (WIRE-ERR-04). */
export function checkQueryVersion(request: FastifyRequest, settings: Settings): void {
  checkApiVersion(apiVersionOf(request), settings, QUERY)
}
