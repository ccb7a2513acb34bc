/**
 * The one door to fastify for the service API, the devices' own HTTPS endpoints and uploaded blobs: every resource is a
 * plugin, every refusal leaves in the service's words.
 */

import swagger from '@fastify/swagger'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify'
import type { RequestListener } from 'node:http'
import type { Server } from 'node:https'
import { blobRoutes } from './blob/blob-routes.ts'
import type { BuiltInStorage } from '../blob/built-in-storage.ts'
import type { Hub } from '../core/contract/hub.ts'
import { HUB_ERRORS } from '../core/errors/catalogue.ts'
import { HubError } from '../core/errors/hub-error.ts'
import type { Services } from '../core/contract/services/services.ts'
import { identityKey } from '../core/contract/identity.ts'
import { schemaCompiler } from '../http-common/schema-compiler.ts'
import { proveCaller } from './common/access.ts'
import { checkApiVersion } from './common/api-version.ts'
import { throughGateway } from './common/edge-caller.ts'
import { readBodies } from './common/body.ts'
import { bulkRegistryRoutes } from './service/bulk-identities.ts'
import { configurationRoutes } from './service/configurations.ts'
import { cloudToDeviceRoutes, serviceboundRoutes } from './service/cloud-to-device.ts'
import { digitalTwinRoutes } from './service/digital-twins.ts'
import { eventRoutes } from './service/events.ts'
import { deviceboundRoutes } from './device/devicebound.ts'
import { fileUploadRoutes } from './device/file-upload.ts'
import { meetLevers } from './common/faults.ts'
import { importExportRoutes } from './service/import-export.ts'
import { jobRoutes } from './service/jobs.ts'
import { methodRoutes } from './service/methods.ts'
import { queryRoutes } from './service/query.ts'
import { OPENAPI } from './openapi.ts'
import { asHubError, badPath, notFound, refuse, withoutSecrets } from './common/errors.ts'
import { registryRoutes } from './service/identities.ts'
import type { HubRoutes } from './common/route-context.ts'
import { statisticsRoutes } from './service/statistics.ts'
import { telemetryRoutes } from './device/telemetry.ts'
import { requireRouteConfig, takeThrottle } from './common/throttling.ts'
import { twinRoutes } from './service/twins.ts'

/** The resources of the hub, one file each. */
const ROUTES: readonly HubRoutes[] = [
  registryRoutes,
  bulkRegistryRoutes,
  statisticsRoutes,
  twinRoutes,
  methodRoutes,
  cloudToDeviceRoutes,
  serviceboundRoutes,
  telemetryRoutes,
  deviceboundRoutes,
  fileUploadRoutes,
  queryRoutes,
  configurationRoutes,
  jobRoutes,
  importExportRoutes,
  digitalTwinRoutes,
  eventRoutes,
]

/** Fastify looks for a plugin's name in every loaded module, unless the plugin says it. */
for (const routes of ROUTES) Object.assign(routes, { [Symbol.for('fastify.display-name')]: routes.name })

const compileSchema = schemaCompiler({ useDefaults: true })

export interface HubApp {
  readonly app: FastifyInstance<Server>
  /** Takes the server's requests. */
  readonly handle: RequestListener
}

export interface AppOptions {
  readonly hub: Hub
  readonly services: Services
  /** The server that its requests come from. */
  readonly server: Server
  /** The hub's own blob storage, when uploads go there. */
  readonly blob: BuiltInStorage | undefined
  /** Default: all resources of the service and device API. */
  readonly routes?: readonly HubRoutes[] | undefined
}

/** Builds the application; `server` is its caller's to listen with and to close. */
export async function createApp({
  hub,
  services,
  server,
  blob,
  routes = ROUTES,
}: AppOptions): Promise<HubApp> {
  let handle: RequestListener = () => undefined
  const app = Fastify({
    serverFactory: (handler) => {
      handle = handler
      return server
    },
    // Ids of 128 characters, each of which may be percent-encoded; blob names of 1024.
    routerOptions: {
      caseSensitive: false,
      ignoreDuplicateSlashes: true,
      ignoreTrailingSlash: true,
      maxParamLength: 4096,
    },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: 2 ** 20,
    // The only framework error before routing: a path that cannot be decoded.
    frameworkErrors: (error, request, reply) => {
      // Their types say that nothing is known of the route; refusing needs nothing of it.
      refuse(hub, badPath(error.message), request, reply)
    },
    // Whoever owns the server answers what is no HTTP.
    clientErrorHandler: () => undefined,
  })

  app.setValidatorCompiler(compileSchema)
  // Response schemas describe; they do not drop fields.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  readBodies(app)
  app.decorateRequest('principal', null)
  requireRouteConfig(app)
  const recorded = new WeakSet<FastifyRequest>()
  const record = (request: FastifyRequest, status: number): void => {
    if (recorded.has(request)) return
    recorded.add(request)
    const url = withoutSecrets(request.url)
    hub.journal.record({ type: 'request', method: request.method, url, status, caller: callerName(request) })
  }
  app.addHook('onRequest', (request, reply, next) => {
    void reply.header('server', 'Microsoft-HTTPAPI/2.0')
    // A caller who hung up has had no answer, and there is no other word of him.
    reply.raw.once('close', () => {
      record(request, HUB_ERRORS.ClientClosedRequest.status)
    })
    const { access, versioned } = request.routeOptions.config
    if (access === undefined) {
      next()
      return
    }
    // The gateway asks nobody for an api-version, and the Node SDK sends it none (iotedge, TwinsController.cs).
    if (versioned !== false && !throughGateway(request)) checkApiVersion(request)
    request.principal = proveCaller(hub, access, request)
    takeThrottle(hub, request)
    next()
  })
  meetLevers(app, hub)
  app.addHook('onResponse', (request, reply, next) => {
    record(request, reply.statusCode)
    next()
  })
  app.setNotFoundHandler((request) => {
    throw notFound(request)
  })
  app.setErrorHandler<FastifyError | HubError>((error, request, reply) => {
    const refusal = error instanceof HubError ? error : asHubError(error)
    if (refusal.status >= 500 && !(error instanceof HubError))
      hub.logger.warn(
        `http: ${request.method} ${request.routeOptions.url ?? ''}: ${error.stack ?? error.message}`,
      )
    refuse(hub, refusal, request, reply)
  })
  await app.register(swagger, OPENAPI)
  for (const plugin of routes) await app.register(plugin, { hub, services })
  if (blob !== undefined) await app.register(blobRoutes(blob), { hub, services })
  await app.ready()

  return { app, handle }
}

function callerName({ principal }: FastifyRequest): string {
  if (principal === null) return 'unknown'
  return principal.type === 'policy' ? principal.policyName : identityKey(principal.identity)
}
