/** What each route of the service takes from the throttles and the quota (wire contract 9). */

import type { FastifyRequest } from 'fastify'
import type { Hub } from '../../core/contract/hub.ts'
import type { ThrottledOperation } from '../../core/contract/throttle.ts'

/** By path, first match wins. Device routes that go through the hub's gate are taken there. */
const TABLE: readonly (readonly [
  RegExp,
  ThrottledOperation | Readonly<Record<string, ThrottledOperation>>,
])[] = [
  [/^\/devices\/query$/i, 'query'],
  [/^\/(configurations|devices\/:deviceId\/applyConfigurationContent$)/i, 'configuration'],
  [/^\/jobs/i, 'job'],
  [/^\/twins\/.*\/methods$/i, 'method'],
  [/^\/digitaltwins\/.*\/commands\//i, 'method'],
  [/^\/(twins|digitaltwins)\//i, { GET: 'twinRead', PATCH: 'twinUpdate', PUT: 'twinUpdate' }],
  [/^\/devices\/:deviceId\/(messages|files|commands)/i, {}],
  [/^\/(devices|statistics)/i, 'registry'],
]

/** @throws HubError ThrottlingException (429), IotHubQuotaExceeded (403). */
export function takeThrottle(hub: Pick<Hub, 'throttle'>, request: FastifyRequest): void {
  const { url } = request.routeOptions
  // A module's call goes through the gate, which takes it.
  if (url === undefined || request.principal?.type !== 'policy') return
  const entry = TABLE.find(([path]) => path.test(url))?.[1]
  const operation = typeof entry === 'object' ? entry[request.method] : entry
  if (operation !== undefined) hub.throttle.take(operation, Number(request.headers['content-length'] ?? 0))
}
