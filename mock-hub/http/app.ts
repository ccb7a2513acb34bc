/**
 * The fastify application for the service API, the device API and uploaded blobs: each resource is a plugin, and each
 * refusal is answered in the format of the service. The life of a request: api-version, authentication, throttle, body,
 * faults, handler, journal.
 */

import swagger from '@fastify/swagger'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import type { Server } from 'node:https'
import { blobRoutes } from './blob/blob-routes.ts'
import type { BuiltInStorage } from '../blob/built-in-storage.ts'
import type { Hub } from '../core/contract/hub.ts'
import { HUB_ERRORS } from '../core/errors/catalogue.ts'
import { HubError } from '../core/errors/hub-error.ts'
import type { Services } from '../core/contract/services/services.ts'
import { identityKey } from '../core/contract/identity.ts'
import { jsonText } from '../base/json-floats.ts'
import { answerWhenStored } from '../http-common/answer-when-stored.ts'
import { schemaCompiler } from '../http-common/schema-compiler.ts'
import { authenticate } from './common/access.ts'
import { checkQueryVersion } from './common/api-version.ts'
import { throughGateway } from './common/edge-caller.ts'
import { readBodies } from './common/body.ts'
import { bulkRegistryRoutes } from './service/bulk-identities.ts'
import { configurationRoutes } from './service/configurations.ts'
import { cloudToDeviceRoutes, serviceboundRoutes } from './service/cloud-to-device.ts'
import { digitalTwinRoutes } from './service/digital-twins.ts'
import { eventRoutes } from './service/events.ts'
import { deviceboundRoutes } from './device/devicebound.ts'
import { fileUploadRoutes } from './device/file-upload.ts'
import { edgeGatewayRoutes } from './device/edge-gateways.ts'
import { injectOrderedFaults } from './common/device-ordered-faults.ts'
import { injectFaults } from './common/faults.ts'
import { decodeSlashes } from './common/encoded-slashes.ts'
import { overrideMethod } from './common/method-override.ts'
import { prepareAnswer } from './common/response-headers.ts'
import { rememberPaths } from './common/known-paths.ts'
import { limitUrls } from './common/url-length.ts'
import { importExportRoutes } from './service/import-export.ts'
import { jobRoutes } from './service/jobs.ts'
import { keyRegenerationRoutes } from './service/key-regeneration.ts'
import { methodRoutes } from './service/methods.ts'
import type { Provisioning } from '../provisioning/contract/provisioning.ts'
import { provisioningRoutes } from './provisioning/provisioning-routes.ts'
import { queryRoutes } from './service/query.ts'
import { OPENAPI } from './openapi.ts'
import { asHubError, badPath, methodNotAllowed, notFound, refuse } from './common/errors.ts'
import { registryRoutes } from './service/identities.ts'
import type { HubRoutes } from './common/route-context.ts'
import { statisticsRoutes } from './service/statistics.ts'
import { telemetryRoutes } from './device/telemetry.ts'
import { requireRouteConfig, takeThrottle } from './common/throttling.ts'
import { twinRoutes } from './service/twins.ts'

/** The resources of the service and device API, one file each. */
const ROUTES: readonly HubRoutes[] = [
  registryRoutes,
  bulkRegistryRoutes,
  keyRegenerationRoutes,
  statisticsRoutes,
  twinRoutes,
  methodRoutes,
  cloudToDeviceRoutes,
  serviceboundRoutes,
  telemetryRoutes,
  deviceboundRoutes,
  fileUploadRoutes,
  edgeGatewayRoutes,
  queryRoutes,
  configurationRoutes,
  jobRoutes,
  importExportRoutes,
  digitalTwinRoutes,
  eventRoutes,
]

/** Without a display name, fastify searches every loaded module for the name of a plugin. */
function named(routes: HubRoutes, name: string): HubRoutes {
  return Object.assign(routes, { [Symbol.for('fastify.display-name')]: name })
}
for (const routes of ROUTES) named(routes, routes.name)

const compileSchema = schemaCompiler({ useDefaults: true })

export interface AppOptions {
  readonly hub: Hub
  readonly services: Services
  /** Gives the server whose requests the application handles. */
  readonly serverOf: (handle: RequestListener) => Server
  /** The hub's own blob storage, when uploads go there. */
  readonly blob: BuiltInStorage | undefined
  /** Undefined: there is no provisioning service beside the hub. */
  readonly provisioning?: Provisioning | undefined
  /** Default: all resources of the service and device API. */
  readonly routes?: readonly HubRoutes[] | undefined
}

/**
 * Builds the application. The caller opens and closes the server.
 * @throws Error for a route without access or throttle.
 */
export async function createApp({
  hub,
  services,
  serverOf,
  blob,
  provisioning,
  routes = ROUTES,
}: AppOptions): Promise<FastifyInstance<Server>> {
  const app = Fastify({
    serverFactory: serverOf,
    // IDs have 128 characters and blob names 1024; each character may be percent-encoded.
    routerOptions: {
      caseSensitive: false,
      ignoreDuplicateSlashes: true,
      ignoreTrailingSlash: true,
      maxParamLength: 4096,
    },
    // The service names a request with a GUID.
    genReqId: () => randomUUID(),
    // The only place before the router, which decides by the method.
    rewriteUrl(request) {
      overrideMethod(request)
      return decodeSlashes(request.url ?? '/')
    },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: 2 ** 20,
    // The only framework error before routing is a path that cannot be decoded.
    frameworkErrors: (error, request, reply) => {
      prepareAnswer(reply, request.id, false)
      refuse(hub, badPath(error.message), request, reply)
    },
    // `server.ts` answers what is not HTTP.
    clientErrorHandler: () => undefined,
  })

  app.setValidatorCompiler(compileSchema)
  // Response schemas are documentation: a serializer made from one would drop fields.
  app.setSerializerCompiler(() => jsonText)
  app.setReplySerializer(jsonText)
  readBodies(app)
  answerWhenStored(app, hub.commits)
  app.decorateRequest('principal', null)
  app.decorateRequest('bodyText', undefined)
  requireRouteConfig(app)
  const recorded = new WeakSet<FastifyRequest>()
  const record = (request: FastifyRequest, status: number): void => {
    if (recorded.has(request)) return
    recorded.add(request)
    const { method, url } = request
    hub.journal.record({ type: 'request', method, url, status, caller: callerName(request) })
  }
  app.addHook('onRequest', (request, reply, next) => {
    prepareAnswer(reply, request.id, request.routeOptions.config.versioned === false)
    // When the caller hangs up there is no response, only the end of the connection.
    reply.raw.once('close', () => {
      record(request, HUB_ERRORS.ClientClosedRequest.status)
    })
    next()
  })
  limitUrls(app, hub)
  app.addHook('onRequest', (request, _reply, next) => {
    const { access, versioned } = request.routeOptions.config
    if (access === undefined) {
      next()
      return
    }
    // Edge gateways require no api-version, and the Node SDK sends them none (iotedge, TwinsController.cs).
    if (versioned !== false && !throughGateway(request)) checkQueryVersion(request, hub.settings)
    request.principal = authenticate(hub, access, request)
    takeThrottle(hub, request)
    next()
  })
  injectOrderedFaults(app, hub)
  injectFaults(app, hub)
  // Before the caller can have the answer, and after whatever holds it.
  app.addHook('onSend', (request, reply, payload, next) => {
    record(request, reply.statusCode)
    next(null, payload)
  })
  const isKnown = rememberPaths(app)
  app.setNotFoundHandler((request) => {
    throw isKnown(request) ? methodNotAllowed(request) : notFound(request)
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
  if (provisioning !== undefined)
    await app.register(named(provisioningRoutes(provisioning), 'provisioning'), { hub, services })
  if (blob !== undefined) await app.register(named(blobRoutes(blob), 'blobs'), { hub, services })
  await app.ready()

  return app
}

function callerName({ principal }: FastifyRequest): string {
  if (principal === null) return 'unknown'
  return principal.type === 'policy' ? principal.policyName : identityKey(principal.identity)
}
