/** Checks the configuration of each route when the application is built, and takes its throttle at each call. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Server } from 'node:https'
import type { Hub } from '../../core/contract/hub.ts'

/** The application does not become ready when a route lacks access or throttle. */
export function requireRouteConfig(app: FastifyInstance<Server>): void {
  const problems: string[] = []
  app.addHook('onRoute', ({ method, url, config }) => {
    for (const name of ['access', 'throttle'] as const)
      if (config?.[name] === undefined) problems.push(`${String(method)} ${url}: config.${name} is missing`)
  })
  app.addHook('onReady', (done) => {
    done(problems.length === 0 ? undefined : new Error(problems.join('; ')))
  })
}

/** @throws HubError ThrottlingException (429), IotHubQuotaExceeded (403), OperationNotAvailableInCurrentTier (403). */
export function takeThrottle(hub: Pick<Hub, 'throttle'>, request: FastifyRequest): void {
  const { throttle, access } = request.routeOptions.config
  if (throttle === undefined || throttle === 'none') return
  // The core takes for a module that calls through its gateway.
  const byModule = typeof access === 'object' && access.orModule === true
  if (byModule && request.principal?.type === 'identity') return
  hub.throttle.take(throttle, Number(request.headers['content-length'] ?? 0))
}
