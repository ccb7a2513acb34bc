/**
 * The provisioning service over HTTPS, for devices and for back ends (docs/contract/provisioning.md). It is a service of
 * its own beside the hub: its errors, its headers and its policies.
 */

import type { FastifyError, FastifyRequest } from 'fastify'
import type { Hub } from '../../core/contract/hub.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { API_VERSION_FORM, isApiVersion } from '../../provisioning/contract/api-version.ts'
import type { Provisioning } from '../../provisioning/contract/provisioning.ts'
import { apiVersionOf } from '../common/api-version.ts'
import { asHubError } from '../common/errors.ts'
import type { HubRoutes } from '../common/route-context.ts'
import { deviceRoutes } from './device-routes.ts'
import { refuse } from './answers.ts'
import { serviceRoutes } from './service-routes.ts'

const WITH_BODY = ['PUT', 'POST']

export function provisioningRoutes(provisioning: Provisioning): HubRoutes {
  return function provisioningPlugin(app, { hub }, done) {
    app.addHook('onRequest', (request, reply, next) => {
      void reply.header('strict-transport-security', 'max-age=31536000; includeSubDomains')
      checkApiVersion(request)
      checkContentType(request)
      next()
    })
    app.setErrorHandler<FastifyError | HubError>((error, request, reply) => {
      const refusal = error instanceof HubError ? error : asHubError(error)
      if (refusal.status >= 500 && !(error instanceof HubError)) report(hub, request, error)
      refuse(hub, refusal, request, reply)
    })
    deviceRoutes(app, provisioning)
    serviceRoutes(app, provisioning)
    done()
  }
}

function report(hub: Hub, { method, routeOptions }: FastifyRequest, error: Error): void {
  hub.logger.warn(`http: ${method} ${routeOptions.url ?? ''}: ${error.stack ?? error.message}`)
}

/** @throws HubError GenericBadRequest. */
function checkApiVersion(request: FastifyRequest): void {
  const given = apiVersionOf(request)
  if (given !== undefined && isApiVersion(given)) return
  throw new HubError({
    kind: 'GenericBadRequest',
    rule: 'DPS-HTTP-01',
    expected: `the query parameter ${API_VERSION_FORM}`,
    received: given === undefined ? 'none, or several' : given.slice(0, 40),
  })
}

/** @throws HubError GenericUnsupportedMediaType for a body that says it is something else than JSON. */
function checkContentType({ method, headers }: FastifyRequest): void {
  const type = headers['content-type']
  if (!WITH_BODY.includes(method) || type === undefined || /^application\/json\s*(;|$)/i.test(type)) return
  throw new HubError({
    kind: 'GenericUnsupportedMediaType',
    rule: 'DPS-HTTP-01',
    expected: 'Content-Type: application/json',
    received: type.slice(0, 80),
  })
}
